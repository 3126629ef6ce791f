"""What an account keeps of visitors and texts, as it goes over the wire."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.api.domain.privacy_rules import MAX_KEPT_DAYS, MAX_KEPT_MONTHS, PrivacyRules
from services.api.schemas.json_bodies import JsonBody
from shared.domain.address_policies import AddressPolicy

ADDRESSES_TEXT = (
    "How much of visitors' addresses is stored: `full`; `truncated` to a /24 of IPv4 or a /48 of "
    "IPv6; or `none`"
)
EXAMPLE: dict[str, JsonValue] = {
    "addresses": "truncated",
    "addresses_kept_days": None,
    "clicks_kept_months": 24,
    "texts_kept_days": 90,
}


class PrivacyReport(BaseModel):
    """What the account keeps; null is for ever."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": EXAMPLE})

    addresses: AddressPolicy = Field(description=ADDRESSES_TEXT)
    addresses_kept_days: int | None = Field(description="Days until addresses are truncated")
    clicks_kept_months: int | None = Field(
        description="Months that visits are kept beyond their own"
    )
    texts_kept_days: int | None = Field(description="Days until texts are let go of")


class PrivacyChange(JsonBody):
    """What is to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"example": EXAMPLE})

    addresses: AddressPolicy = Field(AddressPolicy.FULL, description=ADDRESSES_TEXT)
    addresses_kept_days: int | None = Field(
        None, ge=0, le=MAX_KEPT_DAYS, description=f"0 to {MAX_KEPT_DAYS}, or null"
    )
    clicks_kept_months: int | None = Field(
        None, ge=1, le=MAX_KEPT_MONTHS, description=f"1 to {MAX_KEPT_MONTHS}, or null"
    )
    texts_kept_days: int | None = Field(
        None, ge=1, le=MAX_KEPT_DAYS, description=f"1 to {MAX_KEPT_DAYS}, or null"
    )

    def changes(self) -> dict[str, Any]:
        """Return what was given."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def to_privacy_report(rules: PrivacyRules) -> PrivacyReport:
    """Turn rules into what their owner sees."""
    return PrivacyReport(
        addresses=rules.addresses,
        addresses_kept_days=rules.addresses_kept_days,
        clicks_kept_months=rules.clicks_kept_months,
        texts_kept_days=rules.texts_kept_days,
    )
