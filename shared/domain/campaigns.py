"""What a campaign is under orders to do."""

from enum import StrEnum


class CampaignControl(StrEnum):
    """Whether messages of a campaign may be handed over; the word is what the database keeps.

    A worker takes messages of a running campaign alone.
    """

    # Waits for its time, with no job in the queue.
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    # For good.
    CANCELLED = "cancelled"
    # Another vendor delivers it: none of its messages is ever handed over.
    EXTERNAL = "external"
