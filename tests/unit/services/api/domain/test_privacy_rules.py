"""What a change of how long something is kept lets go of."""

from dataclasses import replace

import pytest

from services.api.domain.privacy_rules import PrivacyRules, let_go_of
from shared.domain.address_policies import AddressPolicy

ALL = PrivacyRules(AddressPolicy.FULL, None, None, None)
SOME = PrivacyRules(AddressPolicy.FULL, 30, 24, 90)


@pytest.mark.parametrize(
    ("before", "changes", "lost"),
    [
        pytest.param(ALL, {}, set(), id="nothing changes"),
        pytest.param(SOME, {}, set(), id="nothing changes of some"),
        pytest.param(ALL, {"clicks_kept_months": 24}, {"clicks_kept_months"}, id="a limit comes"),
        pytest.param(SOME, {"clicks_kept_months": 23}, {"clicks_kept_months"}, id="less"),
        pytest.param(SOME, {"clicks_kept_months": 25}, set(), id="more"),
        pytest.param(SOME, {"texts_kept_days": None}, set(), id="for ever"),
        pytest.param(SOME, {"texts_kept_days": 1}, {"texts_kept_days"}, id="texts"),
        pytest.param(SOME, {"addresses_kept_days": 0}, {"addresses_kept_days"}, id="addresses"),
        pytest.param(ALL, {"addresses": AddressPolicy.TRUNCATED}, {"addresses"}, id="truncated"),
        pytest.param(ALL, {"addresses": AddressPolicy.NONE}, {"addresses"}, id="none"),
        pytest.param(
            SOME,
            {"addresses": AddressPolicy.NONE, "addresses_kept_days": 0},
            {"addresses"},
            id="none says it all",
        ),
        pytest.param(
            replace(SOME, addresses=AddressPolicy.TRUNCATED),
            {"addresses": AddressPolicy.FULL, "addresses_kept_days": 1},
            set(),
            id="what is truncated is not lost by days",
        ),
        pytest.param(
            replace(SOME, addresses=AddressPolicy.TRUNCATED),
            {"addresses": AddressPolicy.NONE},
            {"addresses"},
            id="networks go, too",
        ),
    ],
)
def test_what_is_lost(before: PrivacyRules, changes: dict[str, object], lost: set[str]) -> None:
    assert let_go_of(before, replace(before, **changes)) == lost  # type: ignore[arg-type]
