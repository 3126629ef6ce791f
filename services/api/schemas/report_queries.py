"""What a report may be asked for, and the places where its pages begin.

A parameter that a report does not have is refused: a misspelt one would change the answer.
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from services.api.domain.account_rules import checked_zone
from services.api.domain.campaign_states import MEANINGS, CampaignState
from services.api.domain.day_bounds import moments
from services.api.domain.errors import CURSOR_WANTED, InvalidValueError
from services.api.operations.read_reports import NumberPlace
from services.api.schemas.complaints import Day
from services.api.storage.reports import CampaignSearch, HitPlace, RecipientFilter, Row
from shared.domain.consent import Category

PAGE_LIMIT = 1_000
LIMIT_TEXT = f"Rows a page, 1 to {PAGE_LIMIT}"
CURSOR_TEXT = "next_cursor of the page before"
STATE_TEXT = "; ".join(f"`{state}`: {meaning}" for state, meaning in MEANINGS.items())
# What Postgres's integer and bigint hold.
MAX_POSITION = (1 << 31) - 1
MAX_ID = (1 << 63) - 1

Item = TypeVar("Item")
# Postgres has no NUL in a text.
Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]


class ReportQuery(BaseModel):
    """What every report takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tz: str | None = Field(None, description="IANA time zone; default: the account's")

    def zone(self, default: ZoneInfo) -> ZoneInfo:
        """Return the time zone asked for, else the account's.

        Raises:
            InvalidValueError: There is no such zone.
        """
        return checked_zone(self.tz, field="tz") if self.tz else default


class BreakdownQuery(ReportQuery):
    """What the breakdown of a campaign takes."""

    top: int = Field(
        50, ge=1, le=PAGE_LIMIT, description=f"Most values of each list, 1 to {PAGE_LIMIT}"
    )


class CampaignsQuery(ReportQuery):
    """What the list of campaigns takes."""

    limit: int = Field(50, ge=1, le=PAGE_LIMIT, description=LIMIT_TEXT)
    cursor: UUID | None = Field(None, description=CURSOR_TEXT)
    title: Text | None = Field(None, description="A part of the title, in letters of any case")
    sender_id: Text | None = Field(None, description="In letters of any case")
    status: CampaignState | None = Field(None, description=STATE_TEXT)
    category: Category | None = Field(None, description="What they are for")
    first: Day | None = Field(None, alias="from", description="The first day, of the zone")
    last: Day | None = Field(None, alias="to", description="The last day, included")

    def search(self, default: ZoneInfo) -> CampaignSearch:
        """Return what is searched for.

        Args:
            default: The account's time zone.

        Raises:
            InvalidValueError: There is no such zone, or the days are the wrong way round.
        """
        begin, end = moments(self.first, self.last, self.zone(default))
        return CampaignSearch(self.title, self.sender_id, begin, end, self.status, self.category)


class ComparisonQuery(ReportQuery):
    """What the comparison of campaigns takes."""

    a: UUID = Field(description="A campaign's uuid: what the others are compared with")
    b: UUID = Field(description="Another campaign's uuid")
    c: UUID | None = Field(None, description="A third campaign's uuid")
    d: UUID | None = Field(None, description="A fourth campaign's uuid")
    e: UUID | None = Field(None, description="A fifth campaign's uuid")

    def campaigns(self) -> dict[str, UUID]:
        """Return the campaigns that are asked for, by the parameters that name them."""
        named = {"a": self.a, "b": self.b, "c": self.c, "d": self.d, "e": self.e}
        return {name: given for name, given in named.items() if given is not None}


class DaysQuery(ReportQuery):
    """What the report of an account by day takes."""

    first: Day = Field(alias="from", description="The first day, such as 2026-11-01, of the zone")
    last: Day = Field(alias="to", description="The last day, such as 2026-11-30, included")


class NumberQuery(ReportQuery):
    """What the history of a number takes, and what other lists do."""

    limit: int = Field(100, ge=1, le=PAGE_LIMIT, description=LIMIT_TEXT)
    cursor: str | None = Field(None, description=CURSOR_TEXT)


class WhichRecipients(BaseModel):
    """Which recipients are listed."""

    which: RecipientFilter = Field(
        RecipientFilter.ALL,
        description="`clicked`; `not_clicked`: have the message, or may have it by another "
        "vendor, did not follow its link and have not opted out; `failed`: it did not arrive",
    )


class WhichVisits(BaseModel):
    """Which visits are listed."""

    mobile: str | None = Field(None, description="Visits of this number only")
    machines: bool = Field(default=False, description="Include what no person did")


class RecipientsQuery(NumberQuery, WhichRecipients):
    """What the list of recipients takes."""


class ClicksQuery(NumberQuery, WhichVisits):
    """What the list of visits takes."""


class TableQuery(ReportQuery):
    """What a whole report as a file takes."""

    bom: bool = Field(
        default=False, description="Begin with a byte order mark, by which Excel knows UTF-8"
    )


class RecipientTableQuery(TableQuery, WhichRecipients):
    """What the file of recipients takes."""


class VisitTableQuery(TableQuery, WhichVisits):
    """What the file of visits takes."""


class RecipientSheetQuery(ReportQuery, WhichRecipients):
    """What the spreadsheet of recipients takes."""


class VisitSheetQuery(ReportQuery, WhichVisits):
    """What the spreadsheet of visits takes."""


class SandboxQuery(ReportQuery):
    """What the list of the sandbox's messages takes."""

    limit: int = Field(50, ge=1, le=PAGE_LIMIT, description=LIMIT_TEXT)
    cursor: str | None = Field(None, description=CURSOR_TEXT)


def cut_page(rows: Sequence[Item], limit: int) -> tuple[Sequence[Item], Item | None]:
    """Return a page out of one row more than it may hold.

    Returns:
        The page, and its last row if there is another page behind it.
    """
    page = rows[:limit]
    return page, page[-1] if len(rows) > limit else None


def to_newest_cursor(cursor: str | None) -> int:
    """Read a cursor of a list that begins with the newest: the number before which it goes on.

    Raises:
        InvalidValueError: It is none that a page gave.
    """
    before = to_number_cursor(cursor)
    return MAX_ID if before is None else before


def to_number_cursor(cursor: str | None, *, highest: int = MAX_ID) -> int | None:
    """Read a cursor that is a number.

    Raises:
        InvalidValueError: It is none that a page gave.
    """
    if not cursor:
        return None
    number = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 20 else -1  # noqa: PLR2004
    if not 0 <= number <= highest:
        raise InvalidValueError("cursor", CURSOR_WANTED)
    return number


def number_cursor(row: Row) -> str:
    """Name the place of a message, for the page of a number's history that begins behind it."""
    return f"{row['uuid']}.{row['position']}"


def to_number_place(cursor: str | None) -> NumberPlace | None:
    """Read a cursor of a number's history.

    Raises:
        InvalidValueError: It is none that a page gave.
    """
    if not cursor:
        return None
    written, _, number = cursor.partition(".")
    position = to_number_cursor(number, highest=MAX_POSITION)
    try:
        named = UUID(written)
    except ValueError:
        raise InvalidValueError("cursor", CURSOR_WANTED) from None
    if position is None:
        raise InvalidValueError("cursor", CURSOR_WANTED)
    return NumberPlace(named, position)


def moment_cursor(moment: datetime, *numbers: int) -> str:
    """Name a place in what is ordered by a moment and then by numbers."""
    place = " ".join((moment.isoformat(), *map(str, numbers)))
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def to_moment_place(cursor: str, *, number_count: int) -> tuple[datetime, list[int]]:
    """Read a cursor that names a moment, and numbers from 0 to ``MAX_ID``.

    Raises:
        InvalidValueError: It is none that a page gave.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        written, *others = base64.urlsafe_b64decode(padded).decode().split(" ")
        moment, numbers = _utc(written), list(map(int, others))
    except (ValueError, OverflowError, binascii.Error):
        raise InvalidValueError("cursor", CURSOR_WANTED) from None
    if len(numbers) != number_count or not all(0 <= number <= MAX_ID for number in numbers):
        raise InvalidValueError("cursor", CURSOR_WANTED)
    return moment, numbers


def hit_cursor(row: Row) -> str:
    """Name the place of a hit, for the page that begins behind it."""
    return moment_cursor(row["occurred_at"], row["journal_id"], row["journal_offset"])


def to_hit_place(cursor: str | None) -> HitPlace | None:
    """Read a cursor of visits.

    Raises:
        InvalidValueError: It is none that a page gave.
    """
    if not cursor:
        return None
    moment, (journal_id, offset) = to_moment_place(cursor, number_count=2)
    return HitPlace(moment, journal_id, offset)


def _utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    # Overflows where the year would be 0 or 10,000, which Postgres's driver cannot send.
    return moment.astimezone(UTC)
