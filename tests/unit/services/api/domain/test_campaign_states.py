"""A campaign stands in one state, and takes the orders that make sense there."""

import pytest

from services.api.domain.campaign_states import (
    MEANINGS,
    CampaignAction,
    CampaignProgress,
    CampaignState,
    CampaignStateError,
    refusals_of,
)
from shared.domain.campaigns import CampaignControl

SCHEDULED, RUNNING, PAUSED, CANCELLED, EXTERNAL = CampaignControl
PAUSE, RESUME, CANCEL, RESCHEDULE, DUPLICATE, UNSCHEDULE = CampaignAction
# Of ten messages: how many wait, and how many a worker has.
FRESH, BEGUN, LAST, OVER = (10, 0), (5, 1), (0, 1), (0, 0)


def progress(control: CampaignControl, left: tuple[int, int]) -> CampaignProgress:
    return CampaignProgress(control, 10, *left)


@pytest.mark.parametrize(
    ("control", "left", "state"),
    [
        (SCHEDULED, FRESH, "scheduled"),
        (RUNNING, FRESH, "queued"),
        (RUNNING, BEGUN, "sending"),
        (RUNNING, LAST, "sending"),
        (RUNNING, OVER, "done"),
        (PAUSED, FRESH, "paused"),
        (PAUSED, BEGUN, "paused"),
        (PAUSED, LAST, "paused"),
        (PAUSED, OVER, "done"),
        (CANCELLED, FRESH, "cancelled"),
        (CANCELLED, LAST, "cancelled"),
        (CANCELLED, OVER, "cancelled"),
        (EXTERNAL, OVER, "external"),
    ],
)
def test_state_follows_from_orders_and_progress(
    control: CampaignControl, left: tuple[int, int], state: str
) -> None:
    assert progress(control, left).state == state


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        pytest.param(PAUSE, "scheduled queued sending paused paused-midway", id="pause"),
        pytest.param(RESUME, "scheduled queued sending paused paused-midway", id="resume"),
        pytest.param(
            CANCEL, "scheduled queued sending paused paused-midway cancelled", id="cancel"
        ),
        pytest.param(RESCHEDULE, "scheduled paused", id="reschedule"),
        pytest.param(
            DUPLICATE,
            "scheduled queued sending paused paused-midway done cancelled",
            id="duplicate",
        ),
        pytest.param(UNSCHEDULE, "scheduled paused cancelled", id="unschedule"),
    ],
)
def test_action_is_allowed_in_these_states_alone(action: CampaignAction, allowed: str) -> None:
    standing = {
        "scheduled": progress(SCHEDULED, FRESH),
        "queued": progress(RUNNING, FRESH),
        "sending": progress(RUNNING, BEGUN),
        "paused": progress(PAUSED, FRESH),
        "paused-midway": progress(PAUSED, BEGUN),
        "done": progress(RUNNING, OVER),
        "cancelled": progress(CANCELLED, OVER),
        "external": progress(EXTERNAL, OVER),
    }

    refusals = {name: refusal(each, action) for name, each in standing.items()}
    assert [name for name, each in refusals.items() if each is None] == allowed.split()
    for name, each in refusals.items():
        assert each is None or each.told_code == f"campaign_{standing[name].state}"


def refusal(standing: CampaignProgress, action: CampaignAction) -> CampaignStateError | None:
    try:
        standing.require(action)
    except CampaignStateError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("standing", "action", "message"),
    [
        (
            progress(RUNNING, OVER),
            PAUSE,
            "Cannot pause this campaign, which is done: it has nothing left to hand over",
        ),
        (
            progress(CANCELLED, OVER),
            RESUME,
            "Cannot resume this campaign, which is cancelled: it was stopped for good",
        ),
        (
            progress(RUNNING, BEGUN),
            UNSCHEDULE,
            (
                "Cannot delete the schedule of this campaign, which is sending: it does not wait"
                " for its time any more"
            ),
        ),
        (
            progress(PAUSED, BEGUN),
            RESCHEDULE,
            "Cannot reschedule this campaign, which is paused: some of it has been handed over",
        ),
        (
            progress(EXTERNAL, OVER),
            DUPLICATE,
            "Cannot duplicate this campaign, which is external: it is delivered by another vendor",
        ),
    ],
)
def test_refusal_says_where_the_campaign_stands_and_why_that_is_too_late(
    standing: CampaignProgress, action: CampaignAction, message: str
) -> None:
    with pytest.raises(CampaignStateError) as refused:
        standing.require(action)

    assert str(refused.value) == message


def test_refusals_of_an_action_are_those_of_the_other_states() -> None:
    assert [error.state for error in refusals_of(CANCEL)] == [
        CampaignState.DONE,
        CampaignState.EXTERNAL,
    ]


def test_every_state_has_its_meaning() -> None:
    assert set(MEANINGS) == set(CampaignState)
