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
