"""Leaving out who opted out, and what may be noted of them."""

import pytest

from services.api.domain.errors import InvalidValueError
from services.api.domain.opt_outs import checked_note, first_of, without_opted_out
from shared.domain.recipients import Recipients


@pytest.mark.parametrize(
    ("msisdns", "opted_out", "drops", "kept", "left_out", "duplicates"),
    [
        pytest.param([1, 2, 1], set(), False, [1, 2, 1], [], 7, id="nobody"),
        pytest.param([1, 2, 3], {2}, True, [1, 3], [2], 7, id="one of distinct numbers"),
        pytest.param([1, 2, 1, 2], {2}, False, [1, 1], [2, 2], 1, id="each time it is named"),
        pytest.param([2, 2], {2}, False, [], [2, 2], 0, id="all"),
    ],
)
def test_who_opted_out_is_left_out(
    msisdns: list[int],
    opted_out: set[int],
    drops: bool,  # noqa: FBT001
    kept: list[int],
    left_out: list[int],
    duplicates: int,
) -> None:
    recipients = Recipients(msisdns=msisdns, rejected=[], duplicate_count=7)

    found = without_opted_out(recipients, opted_out, drops_duplicates=drops)

    assert (found.msisdns, found.opted_out, found.duplicate_count) == (kept, left_out, duplicates)


def test_a_note_loses_the_blanks_around_it() -> None:
    assert checked_note("  Answered STOP ") == "Answered STOP"


@pytest.mark.parametrize("note", ["x" * 501, "a\nb", "a\0b", "\ud800"])
def test_a_note_that_cannot_be_kept_is_refused(note: str) -> None:
    with pytest.raises(InvalidValueError):
        checked_note(note)


@pytest.mark.parametrize(("room", "found"), [(2, [1, 2]), (0, []), (-5, [])])
def test_no_more_are_listed_than_there_is_room_for(room: int, found: list[int]) -> None:
    assert first_of([1, 2, 3], room=room) == found
