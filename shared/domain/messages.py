"""The life of a message, which only moves forward."""

from enum import IntEnum


class MessageStatus(IntEnum):
    """Where a message stands; the number is what the database keeps."""

    QUEUED = 0
    SUBMITTING = 1
    SUBMITTED = 2
    DELIVERED = 3
    UNDELIVERED = 4
    EXPIRED = 5
    REJECTED = 6
    FAILED = 7
    CANCELLED = 8
    # Another vendor delivers it, and nobody tells us what became of it.
    EXTERNAL = 9

    @property
    def word(self) -> str:
        """Its name as the API says it, such as ``"delivered"``."""
        return self.name.lower()


# A retryable refusal puts a message back to queued: the one step that is not forward, and it is
# the worker's own, before any carrier has accepted the message.
_NEXT: dict[MessageStatus, frozenset[MessageStatus]] = {
    MessageStatus.QUEUED: frozenset(
        {MessageStatus.SUBMITTING, MessageStatus.FAILED, MessageStatus.CANCELLED}
    ),
    # Cancelled, if the campaign was meanwhile, and the carrier did not take it; or if its
    # recipient had opted out, so that it was not handed over.
    MessageStatus.SUBMITTING: frozenset(
        {
            MessageStatus.QUEUED,
            MessageStatus.SUBMITTED,
            MessageStatus.FAILED,
            MessageStatus.CANCELLED,
        }
    ),
    MessageStatus.SUBMITTED: frozenset(
        {
            MessageStatus.DELIVERED,
            MessageStatus.UNDELIVERED,
            MessageStatus.EXPIRED,
            MessageStatus.REJECTED,
        }
    ),
}


def may_become(old: MessageStatus, new: MessageStatus) -> bool:
    """Tell whether a message may go from one status to another."""
    return new in _NEXT.get(old, frozenset())


# It did not arrive and will not.
FAILURES = (
    MessageStatus.UNDELIVERED,
    MessageStatus.EXPIRED,
    MessageStatus.REJECTED,
    MessageStatus.FAILED,
)
# It never went out, or was refused for good: it costs no credit. Carriers bill what they took and
# could not deliver.
UNSENT = (MessageStatus.REJECTED, MessageStatus.FAILED, MessageStatus.CANCELLED)
