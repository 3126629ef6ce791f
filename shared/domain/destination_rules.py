"""Where links may lead: rules about hosts, networks and paths, and what they say of a link.

A rule is kept under a key: ``example.com`` (it and all below it), ``=example.com`` (it alone) or
``203.0.113.0/24``. The keys that may be about a host are few and can be told from it, so that
a million rules cost as many look-ups as a dozen.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import unquote

from shared.domain.destination_hosts import (
    EXACTLY,
    host_address,
    host_keys,
    network_key,
    read_host,
)
from shared.domain.trusted_proxies import read_network

MAX_RULE: Final = 500
WANTED: Final = (
    "a host such as example.com, =example.com for it alone, example.com/path, or a network "
    "such as 203.0.113.0/24"
)
_LINK = re.compile(r"\s*(?:https?:[/\\]*)?([^/\\?#]*)([^?#]*)", re.IGNORECASE)
_NETWORK = re.compile(r"[0-9a-f:.]+(?:/[0-9]{1,3})?", re.IGNORECASE)
_SCHEME = re.compile(r"https?://", re.IGNORECASE)


class ListKind(StrEnum):
    """Which list a rule is on, in the order in which they count; told to senders."""

    PLATFORM = "platform"
    BLOCK = "block"
    ALLOW = "allow"


class Site(NamedTuple):
    """Where a link leads, as far as rules go.

    Attributes:
        host: In its one form.
        path: As it is written.
    """

    host: str
    path: str


class Rule(NamedTuple):
    """What a list says.

    Attributes:
        key: A name, ``=`` and a name, or a network.
        path: What all paths that it is about begin with, in their one form; empty: all paths.
    """

    key: str
    path: str = ""

    @property
    def text(self) -> str:
        """It as its owner reads it, and may give it again."""
        address, _, length = self.key.partition("/")
        is_one = length in {"32", "128"} and not self.path
        return (address if is_one else self.key) + self.path


class Verdict(NamedTuple):
    """What rules say of a link.

    Attributes:
        rule: None where the account has an allow-list and the link is not on it.
    """

    kind: ListKind
    rule: Rule | None

    @property
    def is_refusal(self) -> bool:
        """Whether the link may not be sent, or followed."""
        return self.kind is not ListKind.ALLOW or self.rule is None


# Whose it is (None: the platform's), whether it allows, its key and its path. Key and path of
# None say that the account has an allow-list.
StoredRule: TypeAlias = tuple[int | None, bool, str | None, str | None]


@dataclass(frozen=True, slots=True)
class FoundRules:
    """All rules under some keys, of some accounts and the platform."""

    _by_key: dict[str, list[tuple[int | None, bool, str]]] = field(default_factory=dict)
    _allowing: set[int | None] = field(default_factory=set)

    def add(self, stored: Iterable[StoredRule]) -> None:
        """Take in more of them."""
        for account_id, is_allowing, key, path in stored:
            if key is None:
                self._allowing.add(account_id)
            else:
                rules = self._by_key.setdefault(key, [])
                rules.append((account_id, is_allowing, path or ""))

    def verdict(self, site: Site, account_id: int | None) -> Verdict | None:
        """Return what they say of a link of an account's; None if nothing."""
        has_allow_list = account_id in self._allowing
        if not has_allow_list and self._by_key.keys().isdisjoint(host_keys(site.host)):
            return None
        found = list(self._about(site, account_id))
        if not found and not has_allow_list:
            return None
        first = min(found, key=lambda each: _RANKS[each.kind], default=None)
        return first or Verdict(ListKind.ALLOW, None)

    def refuses(self, site: Site | None, account_id: int | None) -> bool:
        """Tell whether a link of an account's may not be followed; None is no link at all."""
        if site is None:
            return account_id in self._allowing
        verdict = self.verdict(site, account_id)
        return verdict is not None and verdict.is_refusal

    def _about(self, site: Site, account_id: int | None) -> Iterable[Verdict]:
        path = canonical_path(site.path)
        for key in host_keys(site.host):
            for owner_id, is_allowing, prefix in self._by_key.get(key, ()):
                if owner_id in {None, account_id} and _is_below(path, prefix):
                    own = ListKind.ALLOW if is_allowing else ListKind.BLOCK
                    yield Verdict(own if owner_id else ListKind.PLATFORM, Rule(key, prefix))


_RANKS = {kind: rank for rank, kind in enumerate(ListKind)}


def find_site(link: str) -> Site | None:
    """Return where a link leads, as browsers would read it; None if nowhere.

    Args:
        link: ``http://`` or ``https://``, or a host, with what follows it.
    """
    match = _LINK.match(link)
    authority, path = match.groups() if match else ("", "")
    host = _host_of(authority)
    return None if host is None else Site(host, path)


def canonical_path(path: str) -> str:
    """Return a path in its one form: decoded, in small letters, with no dots and no last slash.

    What servers commonly take for one path is one here.
    """
    kept: list[str] = []
    for part in unquote(path).replace("\\", "/").split("/"):
        if part == "..":
            del kept[-1:]
        elif part not in {"", "."}:
            kept.append(part.casefold())
    return "".join(f"/{part}" for part in kept)


def parse_rule(written: str) -> Rule:
    """Read a rule.

    Raises:
        ValueError: It is none; the message goes on after "it", as in "it should be …".
    """
    text = written.strip()
    if not text or len(text) > MAX_RULE or not text.isprintable() or re.search(r"[\s?#*@]", text):
        raise ValueError(f"should be {WANTED}")
    if _NETWORK.fullmatch(text) and (network := _parse_network(text)):
        return network
    is_exact = text.startswith(EXACTLY)
    match = _LINK.fullmatch(_SCHEME.sub("", text.removeprefix(EXACTLY), count=1))
    authority, path = match.groups() if match else ("", "")
    host = _host_of(authority)
    if host is None or _port_of(authority):
        raise ValueError(f"should be {WANTED}, without a port")
    address, path = host_address(host), canonical_path(path)
    if not path.isprintable():
        raise ValueError("should have a path of characters that can be seen")
    if address is None:
        return Rule(f"{EXACTLY if is_exact else ''}{host}", path)
    if path:
        raise ValueError("should be an address or a network alone: no path behind it")
    return Rule(network_key(address, address.max_prefixlen))


def _parse_network(text: str) -> Rule | None:
    try:
        network, first = read_network(text)
    except ValueError:
        return None
    if network.network_address != first:
        raise ValueError(f"should have no bits behind a prefix: {text} is within {network}")
    if network.prefixlen == 0:
        raise ValueError("should not be all addresses there are")
    return Rule(str(network))


def _host_of(authority: str) -> str | None:
    host = authority.rpartition("@")[2]
    end = host.find("]") + 1 if host.startswith("[") else 0
    host = host[:end] if end else host.partition(":")[0]
    return read_host(host)


def _port_of(authority: str) -> str:
    return authority.rpartition("]")[2].partition(":")[1]


def _is_below(path: str, prefix: str) -> bool:
    return not prefix or path == prefix or path.startswith(f"{prefix}/")
