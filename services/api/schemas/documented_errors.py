"""The errors that the documentation shows, made of themselves, by what a call is about."""

from datetime import UTC, datetime
from ipaddress import IPv4Address

from services.api.domain import errors
from services.api.domain.access_errors import (
    AddressNotAllowedError,
    KeyExpiredError,
    KeyNotLiveError,
    LockOutError,
    ScopeNotGrantableError,
    TooManyKeysError,
)
from services.api.domain.changed_destination import (
    DestinationRefusedError,
    SeveralDestinationsError,
)
from services.api.domain.composing import RowRefusedError
from services.api.domain.destination_lists import DestinationBlockedError
from services.api.domain.link_errors import (
    DestinationNotPublicError,
    NoLinkError,
    OverlongTextError,
    OwnShortLinkError,
)
from services.api.domain.placeholders import MissingColumnError
from services.api.domain.rate_errors import RateLimitedError
from services.api.domain.rate_limits import CallKind, RateLimit, Standing
from services.api.domain.schedule_times import EXAMPLES
from services.api.domain.sheet_errors import SheetError, SheetFault
from services.api.domain.upload_errors import (
    UploadCutOffError,
    UploadNotReadyError,
    UploadTimeoutError,
    UploadTooLargeError,
)
from services.api.schemas.control import SCHEDULE_TIME_WANTED
from shared.domain.destination_rules import WANTED, ListKind, Verdict
from shared.domain.segments import Encoding, TextTooLongError

RATE_LIMITED = RateLimitedError(
    Standing(RateLimit("account", CallKind.CALLS, "account/1/calls", 6_000), 0, 3)
)
BLOCKED = DestinationBlockedError("bad.example.com", Verdict(ListKind.PLATFORM, None))
EVERYWHERE = (
    RATE_LIMITED,
    errors.InvalidCredentialsError(),
    KeyExpiredError(datetime(2026, 11, 24, 18, 30, tzinfo=UTC)),
    AddressNotAllowedError(IPv4Address("203.0.113.7")),
    errors.InternalError(),
    errors.UnavailableError(),
    errors.OverloadedError(),
)
OF_BODIES = (
    errors.BodyTimeoutError(60),
    errors.BodyTooLargeError(1 << 20, is_unproven=True),
    errors.UnsupportedBodyError("text/csv"),
    errors.MalformedBodyError("it is not valid JSON"),
    UploadTooLargeError(64 << 20),
    UploadTimeoutError(30),
    UploadCutOffError(),
    SheetError(SheetFault.NO_NUMBER_COLUMN, row=1, what="Name, City"),
)
OF_SENDS = (
    errors.MissingFieldError("msg", "the text to send"),
    errors.InvalidBooleanError("trackLink", "maybe"),
    errors.UnknownParameterError("trackLnk", "trackLink"),
    errors.RepeatedParameterError("msg"),
    errors.UnknownSenderIdError("ACME", ["ACMEIN"]),
    NoLinkError(),
    OwnShortLinkError(host="tx1.in"),
    DestinationNotPublicError(host="10.0.0.1"),
    BLOCKED,
    TextTooLongError(encoding=Encoding.GSM_7, units=3_200),
    MissingColumnError(column="name", placeholder="{name}", row=2, columns=["mobile", "id"]),
    RowRefusedError(3, OverlongTextError(length=20_000, limit=11_000)),
    errors.ScopeMissingError("send"),
    errors.NotFoundError("upload"),
    UploadNotReadyError("reading"),
    errors.IdempotencyConflictError(),
    errors.TooManyRecipientsError(1_200_000, 1_000_000),
    errors.NoLinkRoomError(100_000),
    errors.SendsBusyError(),
)
OF_MADE_LINKS = (
    errors.MissingFieldError("msg", "the text to send"),
    errors.InvalidValueError("trackLink", "must be true or left out: links are what this makes"),
    errors.UnknownParameterError("scheduleTime", None),
    NoLinkError(),
    OwnShortLinkError(host="tx1.in"),
    DestinationNotPublicError(host="10.0.0.1"),
    BLOCKED,
    MissingColumnError(column="name", placeholder="{name}", row=2, columns=["mobile", "id"]),
    errors.ScopeMissingError("send"),
    errors.IdempotencyConflictError(),
    errors.TooManyRecipientsError(12_000, 10_000),
    errors.BodyTimeoutError(60),
    errors.BodyTooLargeError(1 << 20),
    errors.UnsupportedBodyError("text/csv"),
    errors.MalformedBodyError("it is not valid JSON"),
    errors.NoLinkRoomError(10_000),
    errors.SendsBusyError(),
)
OF_ORDERS = (
    errors.ScopeMissingError("send"),
    errors.NotFoundError("campaign"),
    errors.InvalidValueError(
        "campaign_uuid", "must be a UUID such as 0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"
    ),
)
OF_ORDERS_WITH_PARAMETERS = (
    errors.MissingFieldError("scheduleTime", SCHEDULE_TIME_WANTED),
    errors.InvalidValueError("scheduleTime", f"must be YYYY-MM-DD HH:MM[:SS], such as {EXAMPLES}"),
    errors.UnknownParameterError("scheduletme", "scheduleTime"),
    errors.BodyTimeoutError(60),
    errors.BodyTooLargeError(1 << 20),
    errors.UnsupportedBodyError("text/csv"),
    errors.MalformedBodyError("it is not valid JSON"),
)
OF_LINK_CHANGES = (
    *OF_ORDERS,
    DestinationRefusedError(OwnShortLinkError(host="tx1.in")),
    DestinationBlockedError(
        "bad.example.com", Verdict(ListKind.PLATFORM, None), field="destination"
    ),
    SeveralDestinationsError(),
    errors.InvalidValueError("expires_at", "must be a time with its offset, or never"),
    errors.UnknownParameterError("puased", "paused"),
    errors.BodyTimeoutError(60),
    errors.BodyTooLargeError(1 << 14),
    errors.MalformedBodyError("it must be a JSON object"),
)
OF_DUPLICATES = (
    BLOCKED,
    errors.UnknownSenderIdError("ACME", ["ACMEIN"]),
    errors.IdempotencyConflictError(),
    errors.NoLinkRoomError(100_000),
    errors.SendsBusyError(),
)
OF_REPORTS = (
    errors.InvalidValueError("tz", "must be an IANA time zone such as Asia/Kolkata"),
    errors.UnknownParameterError("limt", "limit"),
    errors.ScopeMissingError("report"),
)
OF_SPREADSHEETS = (errors.SpreadsheetsBusyError(), errors.AccountSpreadsheetsBusyError(2))
OF_KEYS = (
    errors.InvalidValueError("expires_at", "must be later than now, and at most ten years ahead"),
    errors.ScopeMissingError("admin"),
    ScopeNotGrantableError("send"),
)
OF_RATE_LIMITS = (
    errors.InvalidValueError("calls_per_minute", "must be 1000000 or less"),
    errors.ScopeMissingError("admin"),
)
OF_NEW_KEYS = (TooManyKeysError(100),)
OF_ROTATIONS = (KeyNotLiveError("5f0c1a9be27d"), *OF_NEW_KEYS)
OF_ALLOW_LISTS = (
    errors.InvalidValueError(
        "ip_allow_list",
        "must have no bits behind a prefix: 203.0.113.7/24 is within 203.0.113.0/24; write that, "
        "or 203.0.113.7 for this one address",
    ),
    errors.ScopeMissingError("admin"),
)
OF_CHANGED_ALLOW_LISTS = (LockOutError(IPv4Address("203.0.113.7")),)
OF_DESTINATION_LISTS = (errors.ScopeMissingError("admin"),)
_OF_SMALL_BODIES = (
    errors.UnknownParameterError("blok", "block"),
    errors.BodyTimeoutError(60),
    errors.BodyTooLargeError(1 << 14),
    errors.MalformedBodyError("it must be a JSON object"),
)
OF_CHANGED_DESTINATION_LISTS = (
    *OF_DESTINATION_LISTS,
    errors.InvalidValueError("block", f"should be {WANTED}, and not 'bad example'"),
    *_OF_SMALL_BODIES,
)
OF_TRIED_DESTINATIONS = (
    *OF_DESTINATION_LISTS,
    errors.InvalidValueError("url", "must be a link such as https://example.com/offer"),
    *_OF_SMALL_BODIES,
)
