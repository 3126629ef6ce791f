"""An account's lists of destinations, and which links of a text are held against them."""

import pytest

from services.api.domain.composing import TextRules, compose
from services.api.domain.destination_lists import (
    MAX_RULES,
    DestinationBlockedError,
    DestinationLists,
    list_sites,
    parse_rules,
)
from services.api.domain.errors import InvalidValueError
from services.api.domain.link_errors import DestinationNotPublicError, UnusableHostError
from shared.domain.destination_rules import ListKind, Rule, Site, Verdict

TRACKED = TextRules(sample_link="https://tx1.in/SAlhjS", short_domains=frozenset({"tx1.in"}))


def test_rules_are_sorted_and_counted_once() -> None:
    rules = parse_rules("block", ["b.com", "A.com", "a.com."])

    assert rules == (Rule("a.com"), Rule("b.com"))
    assert DestinationLists(block=rules).texts == {"allow": [], "block": ["a.com", "b.com"]}


def test_a_list_that_is_too_long_or_wrong_names_itself() -> None:
    with pytest.raises(InvalidValueError, match="block holds 1001 rules"):
        parse_rules("block", [f"a{number}.com" for number in range(MAX_RULES + 1)])
    with pytest.raises(InvalidValueError, match=r"allow should be a host .* not '\*\.com'"):
        parse_rules("allow", ["*.com"])


@pytest.mark.parametrize(
    ("text", "rules", "hosts"),
    [
        ("See https://a.com/1", TRACKED, ["a.com"]),
        ("See b.com. Or https://a.com/1", TRACKED, ["a.com", "b.com"]),
        ("Mine: tx1.in/abcdef, see https://a.com", TRACKED, ["a.com"]),
        ("See https://a.com@b.com", TextRules(), ["b.com"]),
        ("At http://10.0.0.1", TextRules(), ["10.0.0.1"]),
        ("No link. At all", TextRules(), []),
    ],
)
def test_all_links_of_a_text_but_ours_are_looked_at(
    text: str, rules: TextRules, hosts: list[str]
) -> None:
    sites = list_sites(compose(text, rules), short_host="tx1.in")

    assert [site.host for site in sites] == hosts


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        (Verdict(ListKind.PLATFORM, Rule("secret.com")), "the platform's block-list: put"),
        (Verdict(ListKind.BLOCK, Rule("a.com")), r"your account's block-list \(a\.com\)"),
        (Verdict(ListKind.ALLOW, None), "not on your account's allow-list"),
    ],
)
def test_a_refusal_names_the_host_and_the_list_and_no_rule_of_the_platform(
    verdict: Verdict, told: str
) -> None:
    error = DestinationBlockedError("x.a.com", verdict)

    with pytest.raises(DestinationBlockedError, match=f"link to x.a.com, which is .*{told}"):
        raise error
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    "link",
    ["http://localhost/x", "http://10.0.0.1", "http://printer.local", "http://a.0x7f"],
)
def test_links_that_recipients_cannot_reach_are_not_tracked(link: str) -> None:
    with pytest.raises((DestinationNotPublicError, UnusableHostError)):
        compose(f"See {link}", TRACKED)


def test_links_may_lead_to_private_hosts_where_a_setting_says_so() -> None:
    rules = TextRules(sample_link="https://tx1.in/SAlhjS", may_be_private=True)

    text = compose("See http://localhost:8000/x", rules)

    assert list_sites(text, short_host="tx1.in") == [Site("localhost", "/x")]
