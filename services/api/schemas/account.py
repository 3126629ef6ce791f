"""How an account sends and as whom, as it goes over the wire."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.api.domain.account_rules import MAX_DOMAIN, MAX_LINK_DOMAINS
from services.api.domain.link_shape import LinkShape
from services.api.operations.change_account import AccountReading
from services.api.schemas.json_bodies import JsonBody
from services.api.storage.accounts import SenderId

OWN_EXAMPLE: dict[str, JsonValue] = {
    "link_shape": "token",
    "gone_url": "https://www.example.com/over",
    "smart_encoding": False,
    "default_region": "IN",
    "time_zone": "Asia/Kolkata",
}
EXAMPLE: dict[str, JsonValue] = {
    "name": "Samrat Shoes",
    **OWN_EXAMPLE,
    "short_domain": "tx1.in",
    "token_length": 6,
    "carrier": "sandbox",
    "accepts_landlines": False,
    "accepts_short_codes": False,
    "segment_price": "0.125",
    "currency": "INR",
}
SENDER_CHANGE: dict[str, JsonValue] = {
    "link_shape": "header",
    "link_domains": ["tx1.in"],
    "dlt_entity_id": "1101234567890123456",
}
SENDER_EXAMPLE: dict[str, JsonValue] = {
    "sender_id": "SAMRAT",
    "is_default": True,
    **SENDER_CHANGE,
    "link_example": "https://tx1.in/SAMRAT/SAlhjS",
}
LINK_SHAPE = "`token`: tx1.in/SAlhjS; `header`: with the sender ID, tx1.in/SAMRAT/SAlhjS"
OWN_SHAPE = f"{LINK_SHAPE}; null: as the account has it"
GONE_URL = "Where links lead that are paused or have ended; null: to a page that says so"
SMART_ENCODING = "Whether typographic characters are replaced where that saves segments"
REGION = "Where numbers without country code are at home: two letters (ISO 3166-1)"
ZONE = "By whose clocks times are read and told, such as Asia/Kolkata"
ENTITY = "Of India's DLT registry, 1 to 30 digits; null: none"
DOMAINS = "Short domains that are registered with the operators together with this sender ID"

Domain = Annotated[str, Field(max_length=MAX_DOMAIN)]


class AccountEdit(JsonBody):
    """What is to change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"example": OWN_EXAMPLE})

    link_shape: LinkShape = Field(LinkShape.TOKEN, description=LINK_SHAPE)
    gone_url: str | None = Field(None, max_length=8_000, description=GONE_URL)
    smart_encoding: bool = Field(default=False, description=SMART_ENCODING)
    default_region: str = Field("IN", max_length=10, description=REGION)
    time_zone: str = Field("Asia/Kolkata", max_length=64, description=ZONE)

    def changes(self) -> dict[str, Any]:
        """Return what was given."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class AccountReport(BaseModel):
    """How the account sends."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": EXAMPLE})

    name: str
    link_shape: LinkShape = Field(description=LINK_SHAPE)
    gone_url: str | None = Field(description=GONE_URL)
    smart_encoding: bool = Field(description=SMART_ENCODING)
    default_region: str = Field(description=REGION)
    time_zone: str = Field(description=ZONE)
    short_domain: str = Field(description="On which all short links are")
    token_length: int | None = Field(
        description="Characters of the tokens to come; it grows with use, from 6 to 8. Null: all "
        "are used up"
    )
    carrier: str
    accepts_landlines: bool
    accepts_short_codes: bool
    segment_price: str | None = Field(description="Of one segment; null: none is agreed")
    currency: str


class SenderIdEdit(JsonBody):
    """What is to change of a sender ID; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"example": SENDER_CHANGE})

    link_shape: LinkShape | None = Field(None, description=OWN_SHAPE)
    link_domains: list[Domain] = Field([], max_length=2 * MAX_LINK_DOMAINS, description=DOMAINS)
    dlt_entity_id: str | None = Field(None, max_length=60, description=ENTITY)

    def changes(self) -> dict[str, Any]:
        """Return what was given."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class SenderIdReport(BaseModel):
    """A sender ID."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": SENDER_EXAMPLE})

    sender_id: str = Field(description="What the phone shows")
    is_default: bool = Field(description="Whether sends that name none go out as it: the oldest")
    link_shape: LinkShape | None = Field(description=OWN_SHAPE)
    link_domains: list[str] = Field(description=DOMAINS)
    dlt_entity_id: str | None = Field(description=ENTITY)
    link_example: str | None = Field(
        description="A link as its next send has it, of nobody; null: the sender ID has more than "
        "letters and digits, so that no link can hold it"
    )


class SenderIdList(BaseModel):
    """The sender IDs of the account, the default first."""

    model_config = ConfigDict(frozen=True)

    sender_ids: list[SenderIdReport]


def to_account_report(reading: AccountReading) -> AccountReport:
    """Turn what was read of an account into what it sees."""
    settings = reading.settings
    price = settings.segment_price
    return AccountReport(
        name=settings.name,
        link_shape=LinkShape(settings.link_shape),
        gone_url=settings.gone_location,
        smart_encoding=settings.smart_encoding,
        default_region=settings.default_region,
        time_zone=settings.time_zone,
        short_domain=reading.samples.short_domain,
        token_length=reading.samples.token_length,
        carrier=settings.carrier,
        accepts_landlines=settings.accepts_landlines,
        accepts_short_codes=settings.accepts_short_codes,
        segment_price=None if price is None else f"{price.normalize():f}",
        currency=settings.currency,
    )


def to_sender_id_report(reading: AccountReading, sender_id: SenderId) -> SenderIdReport:
    """Turn a sender ID into what its account sees."""
    shape = sender_id.link_shape
    return SenderIdReport(
        sender_id=sender_id.header,
        is_default=sender_id is reading.sender_ids[0],
        link_shape=None if shape is None else LinkShape(shape),
        link_domains=sorted(sender_id.link_domains),
        dlt_entity_id=sender_id.dlt_entity_id,
        link_example=reading.samples.link(reading.shape_of(sender_id), sender_id.header),
    )


def to_sender_id_list(reading: AccountReading) -> SenderIdList:
    """Turn the sender IDs of an account into what it sees."""
    return SenderIdList(
        sender_ids=[to_sender_id_report(reading, each) for each in reading.sender_ids]
    )
