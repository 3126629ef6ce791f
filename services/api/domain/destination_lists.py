"""An account's lists of where its links may lead, and what is told of a link that they refuse."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Final

import regex

from services.api.domain.composing import ComposedText
from services.api.domain.errors import InvalidValueError
from services.api.domain.link_finding import find_links
from shared.domain.destination_rules import ListKind, Rule, Site, Verdict, find_site, parse_rule
from shared.domain.errors import DomainError

# Of each of an account's two lists; the platform's has no bound but those of its files.
MAX_RULES: Final = 1_000
_WHERE = MappingProxyType(
    {
        ListKind.PLATFORM: "is on the platform's block-list: put another link",
        ListKind.BLOCK: "is on your account's block-list ({rule}): put another link, or take the"
        " rule off /destination-list",
        ListKind.ALLOW: "is not on your account's allow-list: put another link, or add it to"
        " /destination-list",
    }
)
# No link does without one of them.
_MAY_LINK = regex.compile(r"\.\S|://")


class DestinationBlockedError(DomainError):
    """A link leads where a list does not let it; of the platform's list no more is told."""

    code: ClassVar[str] = "destination_blocked"

    def __init__(self, host: str, verdict: Verdict, field: str = "msg") -> None:
        self.field = field
        rule = verdict.rule.text if verdict.rule else ""
        where = _WHERE[verdict.kind].format(rule=rule)
        super().__init__(f"{field} has a link to {host}, which {where}")


@dataclass(frozen=True, slots=True)
class DestinationLists:
    """The two lists of an account.

    Attributes:
        allow: If there are any, links lead there or nowhere.
        block: Links never lead there.
    """

    allow: tuple[Rule, ...] = ()
    block: tuple[Rule, ...] = ()

    @property
    def texts(self) -> dict[str, list[str]]:
        """The rules as their owner reads them, by the name of their list."""
        return {
            "allow": [rule.text for rule in self.allow],
            "block": [rule.text for rule in self.block],
        }


def parse_rules(name: str, entries: Sequence[str]) -> tuple[Rule, ...]:
    """Read the rules of a list, sorted; what comes twice counts once.

    Raises:
        InvalidValueError: One is none, or there are too many.
    """
    rules = sorted({_parse(name, entry) for entry in entries})
    refuse_too_many(name, len(rules))
    return tuple(rules)


def refuse_too_many(name: str, count: int) -> None:
    """Refuse a list that would be too long.

    Raises:
        InvalidValueError: It would.
    """
    if count > MAX_RULES:
        raise InvalidValueError(name, f"holds {count} rules and may hold {MAX_RULES}: join some")


def list_sites(text: ComposedText, *, short_host: str) -> list[Site]:
    """List where the links of a text lead, the tracked one first; ours are none of them."""
    links = [] if text.rewrite is None else [text.rewrite.location]
    if any(_MAY_LINK.search(part) for part in (text.before, text.after or "")):
        links += [link.text for link in find_links(text.written)]
    found = dict.fromkeys(find_site(link) for link in links)
    return [site for site in found if site is not None and site.host != short_host]


def _parse(name: str, entry: str) -> Rule:
    try:
        return parse_rule(entry)
    except ValueError as error:
        raise InvalidValueError(name, f"{error}, and not {entry[:60]!r}") from None
