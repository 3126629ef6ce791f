"""An account is refused what a send could not be made with."""

from decimal import Decimal

import phonenumbers
import pytest

from services.api.domain.account_rules import (
    MAX_LINK_DOMAINS,
    REGIONS,
    checked_currency,
    checked_dlt_id,
    checked_domains,
    checked_limit,
    checked_login,
    checked_name,
    checked_price,
    checked_region,
    checked_sender_ids,
    checked_zone,
)
from services.api.domain.errors import InvalidValueError
from shared.domain.msisdn import NumberRules
from shared.domain.recipients import parse_recipients


@pytest.mark.parametrize("login", ["a", "asha@acme.example", "नीला", "two words", "x" * 64])
def test_a_login_is_taken_as_it_is(login: str) -> None:
    assert checked_login(login) == login


@pytest.mark.parametrize("login", ["", " asha", "asha ", "a\0b", "a\nb", "x" * 65])
def test_a_login_that_no_form_can_show_is_refused(login: str) -> None:
    with pytest.raises(InvalidValueError, match="login must have 1 to 64"):
        checked_login(login)


def test_a_name_loses_the_blanks_around_it() -> None:
    assert checked_name("  Acme & Sons ") == "Acme & Sons"
    # Scripts of India join and part letters by characters that show nothing.
    assert checked_name("क्\u200dष") == "क्\u200dष"


@pytest.mark.parametrize(
    "name",
    ["", "  ", "x" * 101, "two\nlines", "a\0b", "\u200b", "a\x9b31m", "a\u202eb", "a\u2028b"],
)
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InvalidValueError, match="name must have 1 to 100 characters"):
        checked_name(name)


@pytest.mark.parametrize(("region", "checked"), [("IN", "IN"), ("in", "IN"), (" us ", "US")])
def test_a_region_is_taken_in_any_case(region: str, checked: str) -> None:
    assert checked_region(region) == checked


@pytest.mark.parametrize("region", ["", "ZZ", "001", "IND", "AQ", "भारत"])
def test_a_region_without_telephone_numbers_is_refused(region: str) -> None:
    with pytest.raises(InvalidValueError, match="region must be two letters"):
        checked_region(region)


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_numbers_can_be_read_at_home_in_every_region_that_is_taken(region: str) -> None:
    rules = NumberRules(default_region=checked_region(region))

    read = parse_recipients("+919876543210,123", rules=rules, drop_duplicates=False)

    assert read.msisdns[0] == 919876543210


def test_a_zone_is_taken_by_its_name() -> None:
    assert checked_zone("Asia/Kolkata", field="tz").key == "Asia/Kolkata"


@pytest.mark.parametrize(
    "zone", ["", "Asia/Kolkatta", "Asia", "../etc/passwd", "a\0b", "x" * 3_000, "\ud800", "+05:30"]
)
def test_a_zone_that_is_none_is_refused_by_the_callers_name_for_it(zone: str) -> None:
    with pytest.raises(InvalidValueError, match="must be an IANA time zone") as caught:
        checked_zone(zone, field="tz")

    assert caught.value.field == "tz"


@pytest.mark.parametrize("header", ["ACMEIN", "57575", "919876543210", "Acme-Sons", "A1"])
def test_a_sender_id_is_letters_or_a_number(header: str) -> None:
    assert checked_sender_ids([header]) == [header]


@pytest.mark.parametrize(
    "header", ["", " ACME", "TWELVELETTRS", "AC/ME", "एक्मे", "ACME\n", "1234567890123456"]
)
def test_a_sender_id_that_no_phone_shows_is_refused(header: str) -> None:
    with pytest.raises(InvalidValueError, match="must have 1 to 11 letters"):
        checked_sender_ids(["OTHERS", header])


def test_a_sender_id_may_not_come_twice_in_any_case() -> None:
    with pytest.raises(InvalidValueError, match="the same sender ID twice"):
        checked_sender_ids(["ACME", "Acme"])


@pytest.mark.parametrize(
    ("text", "price"), [("0.25", "0.25"), (" 1 ", "1"), ("0", "0"), ("0.000001", "0.000001")]
)
def test_a_price_is_an_exact_amount(text: str, price: str) -> None:
    assert checked_price(text) == Decimal(price)


@pytest.mark.parametrize("text", ["", "-1", "1e3", "0.0000001", "1,5", "NaN", "1234567"])
def test_a_price_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match="segment price must be an amount"):
        checked_price(text)


def test_a_currency_is_taken_in_any_case() -> None:
    assert checked_currency(" inr ") == "INR"


@pytest.mark.parametrize("text", ["", "rupee", "₹", "IN"])
def test_a_currency_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match="currency must be three letters"):
        checked_currency(text)


def test_an_id_of_the_registry_is_ascii_digits() -> None:
    assert checked_dlt_id(" 1101234567890123456 ") == "1101234567890123456"


@pytest.mark.parametrize("text", ["", "12a", "१२३४", "-1", "1" * 31])
def test_an_id_of_the_registry_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match="dltEntityId must be 1 to 30 digits"):
        checked_dlt_id(text)


def test_domains_are_kept_in_lower_case_and_once() -> None:
    domains = ["TX1.in", " go.example.com ", "tx1.IN"]

    assert checked_domains(domains) == ["tx1.in", "go.example.com"]


def test_every_region_that_is_offered_is_taken() -> None:
    assert {checked_region(region) for region in REGIONS} == REGIONS
    assert "IN" in REGIONS


def test_there_are_twenty_domains_at_most() -> None:
    domains = [f"a{number}.in" for number in range(MAX_LINK_DOMAINS + 1)]

    assert len(checked_domains(domains[1:])) == MAX_LINK_DOMAINS
    with pytest.raises(InvalidValueError, match="link_domains must be 20 or fewer"):
        checked_domains(domains, field="link_domains")


@pytest.mark.parametrize(
    "text", ["", "tx1", "https://tx1.in", "tx1.in/", "-a.in", "a..in", f"{'a.' * 126}in"]
)
def test_a_domain_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match="link domain"):
        checked_domains([text])


@pytest.mark.parametrize(
    ("text", "limit"), [("1", 1), (" 12 ", 12), ("0012", 12), ("none", None), ("None", None)]
)
def test_a_limit_is_a_whole_number_or_none(text: str, limit: int | None) -> None:
    assert checked_limit(text, field="months", lowest=1, highest=12) == limit


@pytest.mark.parametrize("text", ["", "0", "13", "-1", "+1", "1.0", "1e1", "123456", "٣", "never"])
def test_a_limit_that_is_none_is_refused(text: str) -> None:
    complaint = "months must be a whole number from 1 to 12, or none"
    with pytest.raises(InvalidValueError, match=complaint):
        checked_limit(text, field="months", lowest=1, highest=12)
