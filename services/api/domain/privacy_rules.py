"""What an account may say of how long texts and visitors' traces are kept."""

from dataclasses import dataclass

from shared.domain.address_policies import AddressPolicy

MAX_KEPT_MONTHS = 1_200
MAX_KEPT_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class PrivacyRules:
    """How much is kept of visitors and texts, and for how long; None is for ever.

    Attributes:
        addresses: How much of visitors' addresses is stored.
        addresses_kept_days: After how many days they are truncated.
        clicks_kept_months: For how many months visits are kept beyond their own.
        texts_kept_days: After how many days texts are let go of.
    """

    addresses: AddressPolicy
    addresses_kept_days: int | None
    clicks_kept_months: int | None
    texts_kept_days: int | None


_KEPT_OF_ADDRESSES = (AddressPolicy.NONE, AddressPolicy.TRUNCATED, AddressPolicy.FULL)


def let_go_of(before: PrivacyRules, after: PrivacyRules) -> frozenset[str]:
    """Return the names of the rules by whose change something that is stored is let go of."""
    lost = {
        name
        for name in ("clicks_kept_months", "texts_kept_days")
        if _is_shorter(getattr(before, name), getattr(after, name))
    }
    was, becomes = map(_KEPT_OF_ADDRESSES.index, (before.addresses, after.addresses))
    if becomes < was:
        lost.add("addresses")
    # What is truncated already has nothing to lose by this.
    elif before.addresses == AddressPolicy.FULL and _is_shorter(
        before.addresses_kept_days, after.addresses_kept_days
    ):
        lost.add("addresses_kept_days")
    return frozenset(lost)


def _is_shorter(before: int | None, after: int | None) -> bool:
    return after is not None and (before is None or after < before)
