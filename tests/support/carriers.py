"""A carrier that answers as a test tells it to, and remembers what it was asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.worker.carriers.port import Accepted, CarrierError, OutgoingMessage, SendingTerms

Answer = Accepted | CarrierError
THROTTLED = CarrierError("ESME_RTHROTTLED", retryable=True, throttled=True, ours=False)
BAD_NUMBER = CarrierError("ESME_RINVDSTADR", retryable=False, throttled=False, ours=False)
BAD_PASSWORD = CarrierError("ESME_RINVPASWD", retryable=True, throttled=False, ours=True)
LINE_DOWN = CarrierError("line-down", retryable=True, throttled=False, ours=False)


def take_all(message: OutgoingMessage) -> Answer:
    """Accept a message under an id made of its position and attempt."""
    return Accepted(f"C{message.position}-{message.attempt}")


@dataclass(slots=True)
class ScriptedCarrier:
    """Answers each message by ``script``; ``before_answering`` runs once a window.

    Attributes:
        windows: What it was given, window by window.
    """

    script: Callable[[OutgoingMessage], Answer] = take_all
    before_answering: Callable[[], None] = lambda: None
    windows: list[list[OutgoingMessage]] = field(default_factory=list)

    async def submit(
        self, terms: SendingTerms, messages: Sequence[OutgoingMessage]
    ) -> list[Answer]:
        """Remember the window and answer it."""
        assert terms.sender_id == "TXTIND"
        self.windows.append(list(messages))
        self.before_answering()
        return [self.script(message) for message in messages]

    @property
    def positions(self) -> list[int]:
        """All positions that it was given, in order."""
        return [message.position for window in self.windows for message in window]
