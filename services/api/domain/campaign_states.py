"""Where a campaign stands, and what may be done with it there."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from typing_extensions import override

from shared.domain.campaigns import CampaignControl
from shared.domain.errors import DomainError


class CampaignState(StrEnum):
    """Where a campaign stands, in a sender's words."""

    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    DONE = "done"
    EXTERNAL = "external"


MEANINGS: Mapping[CampaignState, str] = MappingProxyType(
    {
        CampaignState.SCHEDULED: "waits for its time",
        CampaignState.QUEUED: "may go out, and no message has yet been taken",
        CampaignState.SENDING: "is being handed to the carrier",
        CampaignState.PAUSED: "nothing more is handed over until it is resumed",
        CampaignState.CANCELLED: "what was not handed over never will be",
        CampaignState.DONE: "all is handed over or given up; delivery reports may still come",
        CampaignState.EXTERNAL: "another vendor delivers it; what arrives is not known",
    }
)


class CampaignAction(StrEnum):
    """What a sender may do with a campaign."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"
    DUPLICATE = "duplicate"
    # As old clients have it: only before anything went out.
    UNSCHEDULE = "delete the schedule of"


_S = CampaignState
_ALLOWED: Mapping[CampaignAction, frozenset[CampaignState]] = MappingProxyType(
    {
        CampaignAction.PAUSE: frozenset({_S.SCHEDULED, _S.QUEUED, _S.SENDING, _S.PAUSED}),
        # Resuming what goes on anyway is a repeat, or comes to the same.
        CampaignAction.RESUME: frozenset({_S.SCHEDULED, _S.QUEUED, _S.SENDING, _S.PAUSED}),
        CampaignAction.CANCEL: frozenset(
            {_S.SCHEDULED, _S.QUEUED, _S.SENDING, _S.PAUSED, _S.CANCELLED}
        ),
        CampaignAction.RESCHEDULE: frozenset({_S.SCHEDULED, _S.PAUSED}),
        CampaignAction.DUPLICATE: frozenset(_S) - {_S.EXTERNAL},
        CampaignAction.UNSCHEDULE: frozenset({_S.SCHEDULED, _S.PAUSED, _S.CANCELLED}),
    }
)
_BEFORE_ANYTHING_WENT_OUT = frozenset({CampaignAction.RESCHEDULE, CampaignAction.UNSCHEDULE})


class CampaignStateError(DomainError):
    """What is asked for cannot be done with a campaign where it stands; the told code says where.

    Attributes:
        state: Where it stands.
    """

    code: ClassVar[str] = "campaign_state"

    def __init__(self, action: CampaignAction, state: CampaignState, because: str) -> None:
        self.state = state
        super().__init__(f"Cannot {action} this campaign, which is {state}: {because}")

    @property
    @override
    def told_code(self) -> str:
        return f"campaign_{self.state}"


@dataclass(frozen=True, slots=True)
class CampaignProgress:
    """How far a campaign is.

    Attributes:
        waiting_count: Messages that wait to be handed over, retries among them.
        under_way_count: Messages that a worker is just handing over.
    """

    control: CampaignControl
    message_count: int
    waiting_count: int
    under_way_count: int

    @property
    def state(self) -> CampaignState:
        """Where that is."""
        if self.control in {CampaignControl.CANCELLED, CampaignControl.EXTERNAL}:
            return CampaignState(self.control)
        if not self.waiting_count and not self.under_way_count:
            return CampaignState.DONE
        if self.control is CampaignControl.RUNNING:
            return CampaignState.QUEUED if self.is_untouched else CampaignState.SENDING
        return CampaignState(self.control)

    @property
    def is_untouched(self) -> bool:
        """Whether every message still waits."""
        return self.waiting_count == self.message_count

    def require(self, action: CampaignAction) -> None:
        """Let pass only what may be done with the campaign now.

        Raises:
            CampaignStateError: It may not.
        """
        state = self.state
        require_allowed(action, state)
        is_early = state is not CampaignState.CANCELLED and action in _BEFORE_ANYTHING_WENT_OUT
        if is_early and not self.is_untouched:
            raise CampaignStateError(action, state, "some of it has been handed over")


def require_allowed(action: CampaignAction, state: CampaignState) -> None:
    """Let pass only what may be done with a campaign that stands there.

    Raises:
        CampaignStateError: It may not.
    """
    if state not in _ALLOWED[action]:
        raise CampaignStateError(action, state, f"it {_because(state)}")


def refusals_of(action: CampaignAction) -> list[CampaignStateError]:
    """Return the refusals of an action, one for each state in which it cannot be."""
    refused = [state for state in CampaignState if state not in _ALLOWED[action]]
    return [CampaignStateError(action, state, f"it {_because(state)}") for state in refused]


def _because(state: CampaignState) -> str:
    if state is CampaignState.DONE:
        return "has nothing left to hand over"
    if state is CampaignState.CANCELLED:
        return "was stopped for good"
    if state is CampaignState.EXTERNAL:
        return "is delivered by another vendor"
    return "does not wait for its time any more"
