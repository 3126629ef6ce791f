"""Lists of hosts are read as they are published."""

import pytest

from shared.domain.destination_rules import Rule
from shared.domain.host_lists import HostList


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("evil.example.com\n", {"evil.example.com"}),
        ("  Evil.Example.COM  ", {"evil.example.com"}),
        ("evil.example.com # since May", {"evil.example.com"}),
        ("# evil.example.com", set()),
        ("! Title: bad hosts", set()),
        ("", set()),
        ("0.0.0.0 evil.example.com", {"evil.example.com"}),
        ("127.0.0.1\ta.example.com b.example.com", {"a.example.com", "b.example.com"}),
        ("127.0.0.1 localhost", set()),
        ("::1 ip6-localhost ip6-loopback", set()),
        ("0.0.0.0 0.0.0.0", set()),
        ("||evil.example.com^", {"evil.example.com"}),
        ("=evil.example.com", {"=evil.example.com"}),
        ("203.0.113.0/24", {"203.0.113.0/24"}),
        ("xn--bcher-kva.de", {"xn--bcher-kva.de"}),
    ],
)
def test_lines_of_all_usual_forms_are_read(line: str, keys: set[str]) -> None:
    read = HostList()

    read.read([line])

    assert {rule.key for rule in read.take()} == keys
    assert read.unread_count == 0
    assert read.take() == set()


def test_lines_that_are_no_hosts_are_counted() -> None:
    read = HostList()

    read.read(
        ["<!doctype html>", "two words", "||a.example.com^$third-party", "@@||x.example.com^"]
    )
    read.read(["evil.example.com/offers", "ok.example.com"])

    assert read.take() == {Rule("evil.example.com", "/offers"), Rule("ok.example.com")}
    assert (read.rule_count, read.unread_count) == (2, 4)


def test_a_name_longer_than_any_is_no_host() -> None:
    read = HostList()

    read.read(["a." * 130 + "com"])

    assert (read.rule_count, read.unread_count) == (0, 1)
