"""From journaled hits to the rows and counts that they become."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

from services.redirector.journal.records import Hit
from services.redirector.links.blocks import Block
from services.redirector.recorder.addressing import PEERS, Visitors
from services.redirector.recorder.agents import read_agent
from services.redirector.recorder.heads import as_utf8, parse_head
from services.redirector.recorder.locating import NOWHERE, Locator
from services.redirector.recorder.signals import read_signals
from services.redirector.storage.hits import HitRow, RecipientTally
from shared.domain.clicks import ClickClass, Signals, classify

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CACHED_ADDRESSES = 10_000
CACHED_VERDICTS = 10_000
RESET_CLOCK = "time:reset"


@dataclass(frozen=True, slots=True)
class StorableTimes:
    """The span that the hit table has partitions for.

    Attributes:
        first: The earliest time.
        end: The first time that is too late.
    """

    first: datetime
    end: datetime

    def nearest(self, moment: datetime) -> datetime:
        """Return the moment, or the nearest that can be stored."""
        if self.first <= moment < self.end:
            return moment
        return min(max(moment, self.first), self.end - timedelta(microseconds=1))


class Enricher:
    """Makes a hit readable: whose it is, who sent it, and what it was.

    Args:
        locator: Where addresses are; the caller closes it.
        times: A hit of any other time is moved to the nearest of these, and says so, since a
            broken clock must not stop the recording.
        visitors: Whose addresses hits have; the peers' without it.
    """

    def __init__(self, locator: Locator, times: StorableTimes, visitors: Visitors = PEERS) -> None:
        self._locate = locator.locate
        self._visitor = visitors.address
        self._judge = lru_cache(CACHED_VERDICTS)(_judge)
        self._times = times

    def row(self, hit: Hit, block: Block, *, journal_id: int, journal_offset: int) -> HitRow:
        """Return the row of a hit on a link of a block."""
        head = parse_head(hit.head)
        user_agent = as_utf8(head.headers.get("user-agent", ""))
        agent = read_agent(user_agent)
        peer = unpack_address(hit.address)
        address = self._visitor(peer, head.headers, is_cut=hit.is_cut)
        place = self._locate(address) if address else NOWHERE
        click_class, reasons, score = self._judge(
            read_signals(head, user_agent, agent, place.as_organisation, is_cut=hit.is_cut)
        )
        occurred_at = EPOCH + timedelta(microseconds=hit.occurred_ns // 1000)
        stored_at = self._times.nearest(occurred_at)
        if stored_at is not occurred_at:
            reasons = (*reasons, RESET_CLOCK)
        # By position, since names would double what a row takes.
        return HitRow(
            block.campaign_id,
            hit.link_number - block.first_link,
            stored_at,
            journal_id,
            journal_offset,
            click_class,
            reasons,
            score,
            address,
            *place,
            agent.browser,
            agent.browser_version,
            agent.os,
            agent.os_version,
            agent.device_type,
            agent.device,
            user_agent or None,
            as_utf8(head.headers.get("referer", "")) or None,
            head.text,
        )


def _judge(signals: Signals) -> tuple[str, tuple[str, ...], int]:
    verdict = classify(signals)
    return verdict.click_class.value, verdict.reasons, verdict.score


@lru_cache(maxsize=CACHED_ADDRESSES)
def unpack_address(octets: bytes) -> IPv4Address | IPv6Address | None:
    """Return the address that 16 octets stand for; None if they are all zero."""
    address = IPv6Address(octets)
    return address.ipv4_mapped or (address if int(address) else None)


def tally(rows: Iterable[HitRow]) -> dict[tuple[int, int], RecipientTally]:
    """Count hits and clicks by campaign and position."""
    tallies: dict[tuple[int, int], RecipientTally] = {}
    for row in rows:
        key = (row.campaign_id, row.position)
        counted = tallies.get(key)
        if counted is None:
            counted = tallies[key] = RecipientTally()
        counted.hit_count += 1
        if row.click_class == ClickClass.PERSON:
            counted.click_count += 1
            at = row.occurred_at
            counted.first_click_at = min(counted.first_click_at or at, at)
            counted.last_click_at = max(counted.last_click_at or at, at)
    return tallies
