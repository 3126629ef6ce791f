"""What is stored of visitors' addresses, and of those who followed an erased recipient's link."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from shared.domain.address_policies import AddressPolicy
from shared.domain.referrers import host_alone
from shared.domain.request_heads import without_addresses
from shared.domain.truncation import truncated

if TYPE_CHECKING:
    from services.redirector.storage.hits import HitRow

CACHED_ADDRESSES = 10_000
_truncated = lru_cache(CACHED_ADDRESSES)(truncated)


def kept_of_visitors(
    rows: Sequence["HitRow"],
    policies: Mapping[int, str | None],
    erased: Collection[tuple[int, int]],
) -> Sequence["HitRow"]:
    """Return hits with as much of their visitors as may be stored.

    Args:
        rows: As they came, already classed and placed.
        policies: How much of addresses, by campaign.
        erased: Recipients, by campaign and position, who are erased.
    """
    if not erased and all(policy in {None, AddressPolicy.FULL} for policy in policies.values()):
        return rows
    return [
        _erased(row)
        if (row.campaign_id, row.position) in erased
        else _by_policy(row, policies.get(row.campaign_id))
        for row in rows
    ]


def _by_policy(row: "HitRow", policy: str | None) -> "HitRow":
    if policy in {None, AddressPolicy.FULL}:
        return row
    address = row.address
    if policy == AddressPolicy.NONE:
        address = None
    elif address is not None:
        address = _truncated(address)
    return row._replace(address=address, request_head=without_addresses(row.request_head))


def _erased(row: "HitRow") -> "HitRow":
    """Return a hit of nobody: what it counts for stays, which of a referrer is its host."""
    return row._replace(
        address=None,
        user_agent=None,
        request_head="",
        referrer=None if row.referrer is None else host_alone(row.referrer),
    )
