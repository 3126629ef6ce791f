"""Lists of hosts as they are published: one a line, hosts files, and the simplest of AdGuard's."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from shared.domain.destination_hosts import MAX_NAME
from shared.domain.destination_rules import Rule, parse_rule

# What the hosts of a hosts file are sent to, so that nobody reaches them.
_SINKS: Final = frozenset({"0.0.0.0", "127.0.0.1", "::", "::1", "::0"})  # noqa: S104
_PLAIN: Final = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.[a-z][a-z0-9-]*")
_ADGUARD: Final = re.compile(r"\|\|([^/^|*$]+)\^?")
_COMMENT: Final = re.compile(r"(?:^|\s)#.*|^!.*")
# Of every hosts file, and of no list of bad hosts.
_OWN_NAMES: Final = frozenset(
    {"localhost", "localhost.localdomain", "local", "broadcasthost"}
    | {"ip6-localhost", "ip6-loopback", "ip6-localnet", "ip6-mcastprefix"}
    | {"ip6-allnodes", "ip6-allrouters", "ip6-allhosts", "0.0.0.0"}  # noqa: S104
)
_MAX_LINE: Final = 4_096


@dataclass(slots=True)
class HostList:
    """What was read of a list so far.

    Attributes:
        rules: Those of the lines read last; whoever reads on takes them out.
        unread_count: Lines that say something, but not in a way that is known.
    """

    rules: set[Rule] = field(default_factory=set)
    rule_count: int = 0
    unread_count: int = 0

    def read(self, lines: Iterable[str]) -> None:
        """Read some more lines."""
        for line in lines:
            self._read(line.strip())

    def take(self) -> set[Rule]:
        """Return the rules that were read since the last time."""
        taken, self.rules = self.rules, set()
        return taken

    def _read(self, line: str) -> None:
        if "#" in line or line.startswith("!"):
            line = _COMMENT.sub("", line[:_MAX_LINE])
        entries = line.split()
        if entries and entries[0] in _SINKS:
            entries = [entry for entry in entries[1:] if entry.lower() not in _OWN_NAMES]
        elif len(entries) > 1:
            self.unread_count += 1
            return
        for entry in entries:
            # Most of a long list.
            if _PLAIN.fullmatch(entry) and len(entry) <= MAX_NAME:
                self._add(Rule(entry))
                continue
            adguard = _ADGUARD.fullmatch(entry)
            try:
                self._add(parse_rule(adguard[1] if adguard else entry))
            except ValueError:
                self.unread_count += 1

    def _add(self, rule: Rule) -> None:
        self.rules.add(rule)
        self.rule_count += 1
