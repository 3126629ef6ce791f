"""What rules say of links, and in which order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.destination_rules import (
    FoundRules,
    ListKind,
    Rule,
    Site,
    StoredRule,
    Verdict,
    canonical_path,
    find_site,
    parse_rule,
)

ACME, OTHER = 7, 8


def given_rules(*rules: StoredRule) -> FoundRules:
    found = FoundRules()
    found.add(rules)
    return found


def site_of(link: str) -> Site:
    site = find_site(link)
    assert site is not None
    return site


def stored(owner_id: int | None, text: str, *, allows: bool = False) -> StoredRule:
    rule = parse_rule(text)
    return owner_id, allows, rule.key, rule.path


@pytest.mark.parametrize(
    ("written", "rule", "text"),
    [
        (" Example.com. ", Rule("example.com"), "example.com"),
        ("=example.com", Rule("=example.com"), "=example.com"),
        ("https://example.com/Offers/", Rule("example.com", "/offers"), "example.com/offers"),
        ("=http://example.com/a", Rule("=example.com", "/a"), "=example.com/a"),
        ("bücher.de", Rule("xn--bcher-kva.de"), "xn--bcher-kva.de"),
        ("zip", Rule("zip"), "zip"),
        ("203.0.113.0/24", Rule("203.0.113.0/24"), "203.0.113.0/24"),
        ("203.0.113.7", Rule("203.0.113.7/32"), "203.0.113.7"),
        ("0xCB007107", Rule("203.0.113.7/32"), "203.0.113.7"),
        ("::ffff:203.0.113.7", Rule("203.0.113.7/32"), "203.0.113.7"),
        ("2001:db8::/48", Rule("2001:db8::/48"), "2001:db8::/48"),
        ("https://[2001:db8::1]", Rule("2001:db8::1/128"), "2001:db8::1"),
        ("cafe.de", Rule("cafe.de"), "cafe.de"),
    ],
)
def test_rules_are_read_and_told_in_one_form(written: str, rule: Rule, text: str) -> None:
    assert parse_rule(written) == rule
    assert rule.text == text
    assert parse_rule(text) == rule


@pytest.mark.parametrize(
    "written",
    [
        "",
        "   ",
        "*.example.com",
        "bad example.com",
        "example.com?x=1",
        "example.com#x",
        "user@example.com",
        "example.com:8080",
        "[::1]:80",
        "a..b",
        "203.0.113.7/24",
        "0.0.0.0/0",
        "203.0.113.7/path",
        "example.com/%00",
        "a" * 501,
    ],
)
def test_what_is_no_rule_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"^should "):
        parse_rule(written)


@pytest.mark.parametrize(
    ("link", "host", "path"),
    [
        ("https://example.com/a?b#c", "example.com", "/a"),
        ("HTTP://EXAMPLE.com:8443", "example.com", ""),
        ("example.com:80/x", "example.com", "/x"),
        ("https://good.com@evil.com/x", "evil.com", "/x"),
        ("https://good.com:pw@evil.com", "evil.com", ""),
        ("https://a@b@evil.com", "evil.com", ""),
        (r"https://evil.com\@good.com", "evil.com", r"\@good.com"),
        (r"https:\\evil.com\x", "evil.com", r"\x"),
        ("https:evil.com", "evil.com", ""),
        ("https:////evil.com", "evil.com", ""),
        ("http://[::ffff:1.2.3.4]:8/x", "1.2.3.4", "/x"),
        ("http://0x1020304", "1.2.3.4", ""),
    ],
)
def test_links_lead_where_browsers_go(link: str, host: str, path: str) -> None:
    assert find_site(link) == Site(host, path)


@pytest.mark.parametrize("link", ["", "https://", "https:///", "http://a b", "http://[x]/"])
def test_a_link_without_a_host_leads_nowhere(link: str) -> None:
    assert find_site(link) is None


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("", ""),
        ("/", ""),
        ("/a/b/", "/a/b"),
        ("//a///b", "/a/b"),
        ("/a/./b/../c", "/a/c"),
        ("/../a", "/a"),
        ("/x/%2e%2e/a", "/a"),
        ("/%61%2Fb", "/a/b"),
        (r"\a\b", "/a/b"),
        ("/A/B", "/a/b"),
    ],
)
def test_paths_have_one_form(path: str, canonical: str) -> None:
    assert canonical_path(path) == canonical


@pytest.mark.parametrize(
    ("rule", "link", "is_about"),
    [
        ("example.com", "https://example.com", True),
        ("example.com", "https://a.b.example.com/x", True),
        ("example.com", "https://notexample.com", False),
        ("example.com", "https://example.com.evil.net", False),
        ("=example.com", "https://example.com/x", True),
        ("=example.com", "https://a.example.com", False),
        ("example.com/offers", "https://www.example.com/offers/1", True),
        ("example.com/offers", "https://example.com/x/%2e%2e/OFFERS", True),
        ("example.com/offers", "https://example.com/offers2", False),
        ("203.0.113.0/24", "https://3405803783/", True),
        ("203.0.113.0/24", "https://203.0.114.7/", False),
        ("2001:db8::/32", "https://[2001:db8::7]/", True),
    ],
)
def test_a_rule_is_about_its_host_all_below_it_and_its_path(
    rule: str, link: str, *, is_about: bool
) -> None:
    rules = given_rules(stored(None, rule))

    assert rules.refuses(site_of(link), ACME) is is_about


def test_the_platforms_block_counts_before_all_that_an_account_says() -> None:
    site = site_of("https://a.example.com")
    rules = given_rules(
        stored(ACME, "a.example.com", allows=True),
        stored(ACME, "a.example.com"),
        stored(None, "example.com"),
        (ACME, True, None, None),
    )

    assert rules.verdict(site, ACME) == Verdict(ListKind.PLATFORM, Rule("example.com"))


def test_an_accounts_block_counts_before_what_it_allows() -> None:
    rules = given_rules(
        stored(ACME, "a.example.com", allows=True),
        stored(ACME, "example.com"),
        (ACME, True, None, None),
    )

    assert rules.verdict(site_of("a.example.com"), ACME) == Verdict(
        ListKind.BLOCK, Rule("example.com")
    )


def test_whoever_has_an_allow_list_is_refused_all_else() -> None:
    rules = given_rules(stored(ACME, "example.com", allows=True), (ACME, True, None, None))

    allowed = rules.verdict(site_of("https://www.example.com"), ACME)
    assert allowed == Verdict(ListKind.ALLOW, Rule("example.com"))
    assert not allowed.is_refusal
    assert rules.verdict(site_of("https://a.net"), ACME) == Verdict(ListKind.ALLOW, None)
    assert rules.refuses(site_of("https://a.net"), ACME)
    assert rules.refuses(None, ACME)
    assert not rules.refuses(None, OTHER)


def test_an_accounts_rules_are_its_own() -> None:
    rules = given_rules(stored(ACME, "example.com"), (ACME, True, None, None))

    assert rules.verdict(site_of("https://example.com"), OTHER) is None
    assert rules.verdict(site_of("https://example.com"), None) is None


@given(st.text(max_size=80))
def test_any_text_is_read_as_a_rule_or_refused(written: str) -> None:
    try:
        rule = parse_rule(written)
    except ValueError:
        return

    assert parse_rule(rule.text) == rule


@given(st.sampled_from(["evil.example.com", "203.0.113.7"]), st.data())
def test_no_link_to_a_blocked_host_gets_past_its_rule(host: str, data: st.DataObject) -> None:
    rules = given_rules(stored(None, host))
    scheme = data.draw(st.sampled_from(["http://", "HTTPS://", "https:", r"https:\\", ""]))
    user = data.draw(st.sampled_from(["", "good.com@", "good.com:443@", "a@b@"]))
    spelled = "".join(
        data.draw(st.sampled_from([each, each.upper(), f"%{ord(each):02X}"])) for each in host
    )
    port = data.draw(st.sampled_from(["", ":80", ":443", ":8443"]))
    tail = data.draw(st.sampled_from(["", "/", "?x", "#x", r"\x", "/a@good.com"]))

    assert rules.refuses(find_site(scheme + user + spelled + port + tail), ACME)
