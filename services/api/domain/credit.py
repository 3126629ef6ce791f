"""What an account may still send: its balance, and its cap of a day. One credit is one segment."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from services.api.domain.day_bounds import start_of
from services.api.domain.errors import FieldError, InvalidValueError
from shared.domain.errors import DomainError

# A bigint holds a million times that, so that no sum of them can fail.
MAX_CREDITS = 10**12
MAX_NOTE = 200
NO_CAP = "none"


class InsufficientCreditError(DomainError):
    """A send that costs more than a prepaid account has; ``is_all``: and no more than that."""

    code: ClassVar[str] = "insufficient_credit"

    def __init__(self, *, needed: int, available: int, is_all: bool = True) -> None:
        super().__init__(
            f"The send needs {'' if is_all else 'at least '}{_credits(needed)} and the account "
            f"has {available}: top it up, or send to fewer"
        )
        self.needed = needed
        self.available = available


class DailyCapReachedError(DomainError):
    """A send that is more than the account may send today; ``is_all``: and no more than that."""

    code: ClassVar[str] = "daily_cap_reached"

    def __init__(
        self, *, needed: int, cap: int, used: int, retry_after_s: int, is_all: bool = True
    ) -> None:
        hint = "send it tomorrow, or less today" if needed <= cap else "split it over several days"
        if not is_all:
            hint = f"split it into sends of at most {cap} segment(s) a day"
        super().__init__(
            f"The send has {'' if is_all else 'at least '}{needed} segment(s), and of the {cap} "
            f"that the account may send in a day {used} are used: {hint}"
        )
        self.needed = needed
        self.cap = cap
        self.used = used
        self.retry_after_s = retry_after_s


class MoreThanAgreedError(DomainError):
    """A send that has come to more since its sender saw what it comes to, and agreed to that."""

    code: ClassVar[str] = "more_than_agreed"
    field = "agreedSegments"

    def __init__(self, *, agreed: int) -> None:
        super().__init__(
            f"The send takes more than the {agreed} segment(s) that were agreed to: its "
            "recipients or its text have changed meanwhile, so look at it once more"
        )
        self.agreed = agreed


class CreditBelowZeroError(FieldError):
    """A correction that takes more than there is."""

    code: ClassVar[str] = "credit_below_zero"

    def __init__(self, *, taken: int, available: int) -> None:
        super().__init__(
            "amount", f"amount takes {_credits(taken)}, and the account has {available}"
        )


class PostPaidError(DomainError):
    """Credits for an account that keeps no balance."""

    code: ClassVar[str] = "post_paid"

    def __init__(self, account: str) -> None:
        super().__init__(
            f"The account {account!r} is post-paid and keeps no balance: make it prepaid first "
            "(account-set --prepaid)"
        )


@dataclass(frozen=True, slots=True)
class Credit:
    """How an account stands at some moment.

    Attributes:
        balance: In credits; None of a post-paid account, which nothing is taken from.
        daily_cap: Most segments of one day of its time zone; None: as many as it likes.
        used_today: Segments that count against that; not counted without a cap.
    """

    balance: int | None = None
    daily_cap: int | None = None
    used_today: int = 0

    def refusals(
        self, segments: int, *, retry_after_s: int, is_all: bool = True
    ) -> Iterator[DomainError]:
        """Yield why a send of so many segments would be refused.

        Args:
            segments: Of its messages.
            retry_after_s: How long the day still lasts.
            is_all: Whether these are all its messages, or others are yet to be read.
        """
        if self.daily_cap is not None and self.used_today + segments > self.daily_cap:
            yield DailyCapReachedError(
                needed=segments,
                cap=self.daily_cap,
                used=self.used_today,
                retry_after_s=retry_after_s,
                is_all=is_all,
            )
        if self.balance is not None and segments > self.balance:
            yield InsufficientCreditError(needed=segments, available=self.balance, is_all=is_all)


def seconds_left_of_day(now: datetime, zone: ZoneInfo) -> int:
    """Return how long a day lasts on, in whole seconds, at least one."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    left = start_of(tomorrow, zone) - now
    return max(1, -(-left // timedelta(seconds=1)))


def checked_amount(amount: int, *, is_correction: bool) -> int:
    """Return an amount of credits to add.

    Raises:
        InvalidValueError: It is out of bounds, or takes some away and is no correction.
    """
    if not 0 < abs(amount) <= MAX_CREDITS:
        raise InvalidValueError("amount", f"must be from 1 to {MAX_CREDITS}, not {amount}")
    if amount < 0 and not is_correction:
        raise InvalidValueError("amount", "must be above 0, unless it is a correction")
    return amount


def checked_note(note: str) -> str:
    """Return a note of the ledger without the blanks around it.

    Raises:
        InvalidValueError: It is too long, or holds what no text may.
    """
    stripped = note.strip()
    if len(stripped) > MAX_NOTE or not stripped.isprintable():
        raise InvalidValueError("note", f"must be one line of at most {MAX_NOTE} characters")
    return stripped


def checked_cap(written: str) -> int | None:
    """Return a daily cap; None of ``none``.

    Raises:
        InvalidValueError: It is neither ``none`` nor a number of segments.
    """
    if written.casefold() == NO_CAP:
        return None
    is_number = written.isascii() and written.isdigit() and len(written) <= len(str(MAX_CREDITS))
    if not is_number or int(written) > MAX_CREDITS:
        wanted = f"must be a number of segments from 0 to {MAX_CREDITS}, or {NO_CAP}"
        raise InvalidValueError("daily cap", f"{wanted}, not {written[:20]!r}")
    return int(written)


def _credits(count: int) -> str:
    return "1 credit" if count == 1 else f"{count} credits"
