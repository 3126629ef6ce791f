"""The errors that the documentation shows, made of themselves, by what a call is about."""

from datetime import UTC, datetime, timedelta
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
from services.api.domain.contact_groups import (
    EmptyGroupError,
    GroupBusyError,
    GroupNameTakenError,
    TooManyContactsError,
    TooManyGroupsError,
    UnknownGroupError,
)
from services.api.domain.credit import (
    DailyCapReachedError,
    InsufficientCreditError,
    MoreThanAgreedError,
)
from services.api.domain.destination_lists import DestinationBlockedError
from services.api.domain.link_errors import (
    DestinationNotPublicError,
    NoLinkError,
    OverlongTextError,
    OwnShortLinkError,
)
from services.api.domain.passwords import PasswordRefusedError
from services.api.domain.placeholders import MissingColumnError
from services.api.domain.rate_errors import RateLimitedError
from services.api.domain.rate_limits import CallKind, RateLimit, Standing
from services.api.domain.schedule_times import EXAMPLES
from services.api.domain.sheet_errors import SheetError, SheetFault
from services.api.domain.upload_errors import (
    AccountUploadsBusyError,
    UnsupportedUploadError,
    UploadCutOffError,
    UploadNotReadyError,
    UploadsBusyError,
    UploadTimeoutError,
    UploadTooLargeError,
)
from services.api.domain.user_errors import (
    CrossSiteError,
    FreshProofNeededError,
    LastOwnerError,
    NotOfConsoleError,
    OwnUserError,
    PasswordCallsOffError,
    RoleNotGrantableError,
    SecondFactorDemandedError,
    SecondFactorNeededError,
    SecondFactorStateError,
    SecondFactorWrongError,
    SessionMissingError,
    SignInRefusedError,
    TooManyFailuresError,
    TooManyUsersError,
    WrongPasswordError,
)
from services.api.schemas.control import SCHEDULE_TIME_WANTED
from shared.domain.destination_rules import WANTED, ListKind, Verdict
from shared.domain.segments import Encoding, TextTooLongError

RATE_LIMITED = RateLimitedError(
    Standing(RateLimit("account", CallKind.CALLS, "account/1/calls", 6_000), 0, 3)
)
BLOCKED = DestinationBlockedError("bad.example.com", Verdict(ListKind.PLATFORM, None))
OF_THE_HOUSE = (
    RATE_LIMITED,
    errors.InternalError(),
    errors.UnavailableError(),
    errors.OverloadedError(),
)
OF_SESSIONS = (
    SessionMissingError(),
    CrossSiteError(),
    AddressNotAllowedError(IPv4Address("203.0.113.7")),
    errors.UnknownParameterError("verbose", None),
)
EVERYWHERE = (
    errors.InvalidCredentialsError(),
    KeyExpiredError(datetime(2026, 11, 24, 18, 30, tzinfo=UTC)),
    *OF_SESSIONS,
    SecondFactorDemandedError(),
    *OF_THE_HOUSE,
)
OF_LOGINS = (PasswordCallsOffError(), TooManyFailuresError(timedelta(seconds=4)))
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
OF_CREDIT = (
    InsufficientCreditError(needed=1_200, available=900),
    MoreThanAgreedError(agreed=1_200),
    DailyCapReachedError(needed=1_200, cap=5_000, used=4_000, retry_after_s=20_400),
)
OF_SENDS = (
    *OF_CREDIT,
    *OF_LOGINS,
    errors.MissingFieldError("msg", "the text to send"),
    errors.InvalidBooleanError("trackLink", "maybe"),
    errors.UnknownParameterError("trackLnk", "trackLink"),
    errors.RepeatedParameterError("msg"),
    errors.UnknownSenderIdError("ACME", ["ACMEIN"]),
    UnknownGroupError("custmers"),
    EmptyGroupError(),
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
OF_IMPORTS = (
    errors.MissingFieldError("file", "a csv, txt or xlsx file"),
    SheetError(SheetFault.NO_NUMBER_COLUMN, row=1, what="Name, City"),
    UploadTooLargeError(64 << 20),
    UploadTimeoutError(30),
    UploadCutOffError(),
    UnsupportedUploadError("text/html"),
    errors.BodyTimeoutError(60),
    errors.MalformedBodyError("it broke off"),
    UploadsBusyError(),
    AccountUploadsBusyError(2),
)
OF_OPT_OUTS = (
    errors.InvalidValueError("msisdn", "cannot be read: Digits are missing; write the whole"),
    errors.UnknownParameterError("limt", "limit"),
)
OF_GROUPS = (
    errors.InvalidValueError("name", "must hold no comma, which separates names in a send"),
    errors.UnknownParameterError("limt", "limit"),
    errors.ScopeMissingError("send"),
)
OF_ONE_GROUP = (errors.NotFoundError("contact group"),)
OF_CHANGED_GROUPS = (
    GroupNameTakenError("Customers"),
    TooManyGroupsError(1_000),
    TooManyContactsError(1_000_000),
    GroupBusyError(),
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
    *OF_CREDIT,
    errors.TextLetGoError(),
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
OF_OWNERS = (*OF_REPORTS[:2], errors.ScopeMissingError("admin"))
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
OF_NEW_KEYS = (TooManyKeysError(100), FreshProofNeededError())
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
OF_NUMBERS = (
    errors.InvalidValueError("mobile", "cannot be read: Digits are missing"),
    errors.UnknownParameterError("keep_optout", "keep_opt_out"),
    errors.ScopeMissingError("admin"),
)
OF_ERASURES = (errors.ScopeMissingError("admin"), errors.NotFoundError("erasure"))
OF_PRIVACY = (
    errors.InvalidValueError("texts_kept_days", "must be 1 to 36500, or null"),
    errors.ScopeMissingError("admin"),
)
OF_ACCOUNT_CHANGES = (
    errors.InvalidValueError("time_zone", "must be an IANA time zone such as Asia/Kolkata"),
    errors.ScopeMissingError("admin"),
    DestinationRefusedError(OwnShortLinkError(host="tx1.in"), "gone_url"),
    DestinationBlockedError("bad.example.com", Verdict(ListKind.PLATFORM, None), field="gone_url"),
)
OF_SENDER_IDS = (
    errors.InvalidValueError("dlt_entity_id", "must be 1 to 30 digits 0-9"),
    errors.ScopeMissingError("admin"),
)
OF_SIGN_IN = (
    errors.MissingFieldError("password", "it"),
    SignInRefusedError(),
    SecondFactorNeededError(),
    SecondFactorWrongError("code"),
    OF_SESSIONS[1],
    OF_SESSIONS[2],
    OF_LOGINS[1],
)
OF_OWN_PROOFS = (WrongPasswordError(), OF_LOGINS[1])
OF_FULL_PROOFS = (*OF_OWN_PROOFS, *OF_SIGN_IN[2:4])
OF_OWN_PASSWORD = (
    *OF_OWN_PROOFS,
    PasswordRefusedError("is among the first that are guessed: take another", "new_password"),
)
OF_ENROLMENTS = (*OF_OWN_PROOFS, SecondFactorStateError(is_there=True))
OF_CONFIRMATIONS = (SecondFactorWrongError("code"), SecondFactorStateError(is_there=False))
OF_OWN_FACTOR = (*OF_OWN_PROOFS, SecondFactorStateError(is_there=False))
OF_USERS = (errors.ScopeMissingError("admin"),)
OF_CHANGED_USERS = (
    *OF_USERS,
    RoleNotGrantableError("owner"),
    errors.InvalidValueError(
        "user_id", "must be a UUID such as 0a2f5c0e-6f9f-4a52-8f5b-4d1fb4d1c0de"
    ),
)
OF_CHANGED_RULES = (*OF_USERS, FreshProofNeededError())
OF_NEW_USERS = (
    *OF_CHANGED_USERS[:2],
    errors.InvalidValueError("login", "'asha' is taken: choose another"),
    PasswordRefusedError("must have 12 to 128 characters, of any kind"),
    TooManyUsersError(500),
    FreshProofNeededError(),
)
OF_EDITED_USERS = (*OF_CHANGED_USERS, LastOwnerError(), FreshProofNeededError())
OF_OTHER_USERS = (*OF_CHANGED_USERS, OwnUserError(), FreshProofNeededError())
OF_USER_PASSWORDS = (*OF_OTHER_USERS, OF_NEW_USERS[3])
OF_USER_FACTORS = (*OF_OTHER_USERS, NotOfConsoleError())
