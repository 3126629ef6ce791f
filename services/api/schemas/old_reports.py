"""What old clients' reports may be asked for."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.api.domain.day_bounds import moments
from services.api.domain.errors import CURSOR_WANTED, InvalidValueError
from services.api.operations.read_messages import MessagePlace
from services.api.schemas.complaints import DAY_WANTED
from services.api.schemas.parameters import Parameters
from services.api.schemas.report_queries import MAX_POSITION, PAGE_LIMIT
from services.api.schemas.send_parameters import SendParameter
from services.api.storage.reports import CampaignSearch
from services.api.storage.sent_messages import SentWhen

DEFAULT_LIMIT = 100
MAX_DIGITS = 19
_TEXT = {"type": "string"}
_DAY = {"type": "string", "format": "date"}

UUID_PARAMETER = SendParameter(
    "uuid",
    "The campaign: its uuid, or its transactionId.",
    _TEXT,
    "0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de",
)
PAGE_PARAMETERS = (
    SendParameter(
        "pageLimit",
        f"Rows a page, 1 to {PAGE_LIMIT}.",
        {"type": "integer", "minimum": 1, "maximum": PAGE_LIMIT, "default": DEFAULT_LIMIT},
    ),
    SendParameter("cursor", "nextCursor of the page before.", _TEXT),
)
DAY_PARAMETERS = (
    SendParameter("fromdate", "The first day, of the account's zone.", _DAY, "2026-11-01"),
    SendParameter("todate", "The last day, included.", _DAY, "2026-11-30"),
)
NUMBER_PARAMETER = SendParameter("mobileNo", "Messages to this number only.", _TEXT)


def to_sent_when(parameters: Parameters, zone: ZoneInfo) -> SentWhen:
    """Read from which day on and up to which campaigns were sent."""
    return SentWhen(*_moments(parameters, zone))


def to_linked_search(parameters: Parameters, zone: ZoneInfo) -> CampaignSearch:
    """Read which campaigns with tracked links are asked for."""
    begin, end = _moments(parameters, zone)
    return CampaignSearch(begin=begin, end=end, is_linked=True)


def to_limit(parameters: Parameters) -> int:
    """Read how many rows a page may have.

    Raises:
        InvalidValueError: None or too many.
    """
    limit = int(parameters.digits("pageLimit") or DEFAULT_LIMIT)
    if not 1 <= limit <= PAGE_LIMIT:
        raise InvalidValueError("pageLimit", f"must be from 1 to {PAGE_LIMIT}")
    return limit


def message_id(transaction_id: int, position: int) -> str:
    """Name a message: old clients know its campaign by the transaction id."""
    return f"{transaction_id}-{position + 1}"


def to_message_place(parameters: Parameters) -> MessagePlace | None:
    """Read behind which message a page begins; None begins with the first.

    Raises:
        InvalidValueError: The cursor is none that a page gave.
    """
    cursor = parameters.text("cursor").strip()
    if not cursor:
        return None
    transaction_id, _, number = cursor.partition("-")
    digits = transaction_id + number
    is_one = digits.isascii() and digits.isdigit() and transaction_id and number
    if not is_one or max(len(transaction_id), len(number)) > MAX_DIGITS:
        raise InvalidValueError("cursor", CURSOR_WANTED)
    place = MessagePlace(int(transaction_id), int(number) - 1)
    if place.transaction_id >= 1 << 63 or not 0 <= place.position < MAX_POSITION:
        raise InvalidValueError("cursor", CURSOR_WANTED)
    return place


def _moments(parameters: Parameters, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    first, last = _day(parameters, "fromdate"), _day(parameters, "todate")
    if first and last and last < first:
        raise InvalidValueError("todate", "must not be before fromdate")
    try:
        return moments(first, last, zone)
    except InvalidValueError:
        raise InvalidValueError("todate", "must be a day of the years 2 to 9998") from None


def _day(parameters: Parameters, name: str) -> date | None:
    text = parameters.text(name).strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidValueError(name, f"{DAY_WANTED}, not {text[:40]!r}") from None
