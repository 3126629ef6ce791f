"""What the recorder remembers of recipients' links, so that it asks Postgres once for most."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from services.redirector.storage.connections import Connection
from services.redirector.storage.histories import list_histories
from services.redirector.storage.hits import HitRow
from shared.domain.forwarding import Opening

KEPT_RECIPIENTS = 100_000


@dataclass(slots=True)
class History:
    """What came before on a recipient's link.

    Attributes:
        delivered_at: When the network's word of the delivery came; None if it has not.
        first_click_at: None before the first click; so is ``first``.
    """

    delivered_at: datetime | None = None
    first_click_at: datetime | None = None
    first: Opening | None = None


class Histories:
    """Histories by recipient, in bounded memory; those that were made first go first.

    Args:
        kept_recipients: How many are kept, at least 1.
    """

    def __init__(self, kept_recipients: int = KEPT_RECIPIENTS) -> None:
        self._kept_recipients = kept_recipients
        self._histories: dict[tuple[int, int], History] = {}

    async def of(self, connection: Connection, rows: Iterable[HitRow]) -> list[History]:
        """Return the history of the recipient of each hit.

        What is noted in one is remembered.
        """
        found: list[History] = []
        asked: dict[tuple[int, int], History] = {}
        histories = self._histories
        for row in rows:
            recipient = row[:2]
            history = histories.get(recipient)
            if history is None:
                history = histories[recipient] = asked[recipient] = History()
            # A delivery that is known changes no more; one that is not may come at any time.
            elif history.delivered_at is None:
                asked[recipient] = history
            found.append(history)
        if asked:
            await _ask(connection, asked)
        # All at once: to find its first key, a dict looks at all that was removed before it.
        for recipient in list(islice(histories, max(len(histories) - self._kept_recipients, 0))):
            del histories[recipient]
        return found

    def forget(self, recipients: Iterable[tuple[int, int]]) -> None:
        """Ask anew for recipients whose first click may be another one now."""
        for recipient in recipients:
            self._histories.pop(recipient, None)


async def _ask(connection: Connection, asked: dict[tuple[int, int], History]) -> None:
    wanted = [(key, history.first_click_at is None) for key, history in asked.items()]
    for stored in await list_histories(connection, wanted):
        history = asked[stored.recipient]
        history.delivered_at = stored.delivered_at
        if stored.first_click_at:
            history.first_click_at, history.first = stored.first_click_at, stored.first
