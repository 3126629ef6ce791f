"""Refusals name what is wrong and say what would be right, and what is kept has its bounds."""

import pytest

from services.api.domain.account_rules import checked_rate
from services.api.domain.contact_groups import (
    EmptyGroupError,
    GroupBusyError,
    GroupNameTakenError,
    TooManyContactsError,
    TooManyGroupsError,
    UnknownGroupError,
)
from services.api.domain.errors import InvalidValueError, TextLetGoError
from services.api.domain.head_errors import HeadersTooLargeError, TargetTooLongError
from services.api.domain.opt_outs import NotOptedOutError
from services.api.domain.privacy_rules import PrivacyRules
from shared.domain.address_policies import AddressPolicy
from shared.domain.errors import DomainError


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UnknownGroupError("gold"), "unknown_group", "give a group's name or id"),
        (EmptyGroupError(), "empty_group", "add some, or give another"),
        (GroupNameTakenError("gold"), "group_name_taken", "'gold' is another contact group's"),
        (TooManyGroupsError(1_000), "too_many_groups", "has 1000 contact groups"),
        (TooManyContactsError(9), "too_many_contacts", "at most 9 contacts: make another"),
        (GroupBusyError(), "group_busy", "try again after it"),
        (TextLetGoError(), "text_let_go", "send them as a new campaign"),
        (TargetTooLongError(65_536), "uri_too_long", "longer than 65536 octets"),
        (HeadersTooLargeError(32_768, 100), "headers_too_large", "more than 100 fields"),
        (NotOptedOutError(), "not_opted_out", "has not opted out"),
    ],
)
def test_a_refusal_has_a_code_and_says_what_would_be_right(
    error: DomainError, code: str, said: str
) -> None:
    assert error.code == code
    assert said in str(error)


@pytest.mark.parametrize(
    ("written", "limit"), [("default", None), (" Default ", None), ("0", 0), ("600", 600)]
)
def test_a_rate_is_a_number_or_the_default(written: str, limit: int | None) -> None:
    assert checked_rate(written, field="calls per minute") == limit


@pytest.mark.parametrize("written", ["", "-1", "1.5", "many", "1000001", "٣"])
def test_what_is_no_rate_is_refused_by_name(written: str) -> None:
    with pytest.raises(InvalidValueError, match="calls per minute must be a whole number"):
        checked_rate(written, field="calls per minute")


def test_rules_of_privacy_are_equal_if_they_say_the_same() -> None:
    rules = PrivacyRules(AddressPolicy.FULL, None, 13, None)

    assert rules == PrivacyRules(AddressPolicy.FULL, None, 13, None)
    assert rules != PrivacyRules(AddressPolicy.NONE, None, 13, None)
