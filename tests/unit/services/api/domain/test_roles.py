"""Each role may do more than the one below it, and gives none above itself."""

from itertools import pairwise

import pytest

from services.api.domain.roles import ROLE_SCOPES, may_grant, with_implied

ORDER = ["read-only", "analyst", "sender", "owner"]


def test_roles_are_in_an_order() -> None:
    ordered = [ROLE_SCOPES[role] for role in ORDER]

    assert sorted(ROLE_SCOPES) == sorted(ORDER)
    assert all(below < above for below, above in pairwise(ordered))


@pytest.mark.parametrize("granted", ORDER)
@pytest.mark.parametrize("by", ORDER)
def test_nobody_gives_a_role_above_their_own(by: str, granted: str) -> None:
    assert may_grant(ROLE_SCOPES[by], granted) is (ORDER.index(granted) <= ORDER.index(by))


def test_a_key_that_reads_reports_may_fetch_them_whole() -> None:
    assert with_implied(frozenset({"report"})) == {"report", "export"}
    assert with_implied(frozenset({"send"})) == {"send"}
