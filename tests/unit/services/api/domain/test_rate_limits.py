"""Who is counted, and how a count fills and empties."""

from ipaddress import ip_address

import pytest

from services.api.domain.rate_errors import RateLimitedError
from services.api.domain.rate_limits import (
    NO_QUOTAS,
    CallKind,
    Level,
    Quotas,
    RateLimit,
    Standing,
    call_kind,
    limits_of,
    place_of,
)

LIMIT = RateLimit("account", CallKind.CALLS, "account/7/calls", 60)


def filled(quota: int, count: int, now: float = 0.0) -> Level:
    level = Level(quota)
    for _ in range(count):
        level.take(now)
    return level


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/send", CallKind.SENDS),
        ("POST", "/SMSApi/send", CallKind.SENDS),
        ("GET", "/SMSApi/rest/send", CallKind.SENDS),
        ("POST", "/links", CallKind.SENDS),
        ("POST", "/campaigns/1/duplicate", CallKind.SENDS),
        ("GET", "/campaigns/1/duplicate", CallKind.CALLS),
        ("POST", "/console/send", CallKind.SENDS),
        ("POST", "/console/send/test", CallKind.SENDS),
        ("POST", "/console/campaigns/0a2f5c0e/duplicate", CallKind.SENDS),
        ("POST", "/console/campaigns/0a2f5c0e/send-again", CallKind.SENDS),
        ("POST", "/console/campaigns/0a2f5c0e/send-again/preview", CallKind.CALLS),
        ("GET", "/console/campaigns/0a2f5c0e/send-again", CallKind.CALLS),
        ("GET", "/console/send", CallKind.CALLS),
        ("POST", "/console/send/preview", CallKind.CALLS),
        ("GET", "/campaigns", CallKind.CALLS),
        ("POST", "/campaigns/1/pause", CallKind.CALLS),
    ],
)
def test_calls_that_send_are_told_from_others(method: str, path: str, kind: CallKind) -> None:
    assert call_kind(method, path) is kind


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:0:7:1:2:3:4", "2001:db8:0:7::/64"),
        ("2001:db8:0:7::9", "2001:db8:0:7::/64"),
        ("2001:db8:0:8::9", "2001:db8:0:8::/64"),
    ],
)
def test_an_address_is_counted_with_what_its_holder_has(address: str, place: str) -> None:
    assert place_of(ip_address(address)) == place


def test_calls_without_an_address_are_counted_together() -> None:
    assert place_of(None) == "none"


def test_quotas_go_by_the_default_where_they_say_nothing() -> None:
    default = Quotas(calls=10, sends=20)

    assert NO_QUOTAS.over(default) == default
    assert Quotas(calls=0).over(default) == Quotas(calls=0, sends=20)
    assert Quotas(sends=5).over(default) == Quotas(calls=10, sends=5)


def test_only_those_who_have_a_limit_are_counted() -> None:
    holders: list[tuple[str, int | str, Quotas]] = [
        ("address", "192.0.2.1", Quotas(0, 5)),
        ("account", 7, Quotas(60, 0)),
        ("key", 9, NO_QUOTAS),
    ]

    assert limits_of(CallKind.CALLS, holders) == (LIMIT,)
    assert [limit.name for limit in limits_of(CallKind.SENDS, holders)] == ["address-sends"]


def test_a_minutes_worth_is_taken_at_once_and_then_one_at_a_time() -> None:
    level = filled(60, 59)

    assert level.wait_s(0) == 0
    level.take(0)
    assert level.wait_s(0) == pytest.approx(1)
    assert level.wait_s(0.5) == pytest.approx(0.5)
    assert level.wait_s(1.0) == 0


def test_it_is_empty_in_the_end_and_not_before() -> None:
    level = filled(60, 3, now=100)

    assert level.lead_s(100) == pytest.approx(3)
    assert not level.is_empty(102.9)
    assert level.is_empty(103)
    assert Level(60).is_empty(0)


@pytest.mark.parametrize(
    ("quota", "should_at", "must_at"), [(1, 1, 1), (39, 1, 1), (40, 1, 2), (100, 3, 5)]
)
def test_a_twentieth_may_pass_untold(quota: int, should_at: int, must_at: int) -> None:
    def first(name: str) -> int:
        return next(n for n in range(quota + 1) if getattr(filled(quota, n), name))

    assert (first("should_tell"), first("must_tell")) == (should_at, must_at)


def test_what_others_let_pass_counts_once_it_is_known() -> None:
    level = filled(60, 3)

    assert level.tell() == pytest.approx(3)
    level.take(0)
    level.told(20.0, 0)

    assert level.untold == 1
    assert level.lead_s(0) == pytest.approx(21)


def test_what_this_process_knows_outlives_an_emptied_database() -> None:
    level = filled(60, 30)
    level.tell()

    level.told(1.0, 0)

    assert level.lead_s(0) == pytest.approx(30)


def test_another_quota_holds_from_the_next_call_on() -> None:
    level = filled(60, 30)

    level.set_quota(2)
    level.take(0)

    assert level.wait_s(0) == pytest.approx(30)
    level.set_quota(2)
    assert level.quota == 2


@pytest.mark.parametrize(
    ("count", "remaining", "reset_s"), [(0, 60, 0), (1, 59, 1), (30, 30, 30), (60, 0, 1)]
)
def test_it_tells_what_remains_and_until_when(count: int, remaining: int, reset_s: int) -> None:
    assert filled(60, count).standing(LIMIT, 0) == Standing(LIMIT, remaining, reset_s)


def test_a_refusal_tells_which_limit_and_when_to_come_again() -> None:
    error = RateLimitedError(Standing(LIMIT, 0, 4))

    assert (error.limit, error.retry_after_s) == ("account-calls", 4)
    assert str(error) == "More than 60 calls a minute of this account: try again in 4 s"
