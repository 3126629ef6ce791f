"""What the settings of who gets in read from their forms, and what is wrong with it.

The words are the console's own, so that they are translated; the rules are the API's.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.api.console.forms import Form
from services.api.console.proofs import CODE, PASSWORD
from services.api.console.wording import N_, refusal_text
from services.api.console.wrong_fields import Wrong, WrongFieldError
from services.api.domain.allow_lists import FIELD, MAX_NETWORKS, AllowList, parse_allow_list
from services.api.domain.errors import InvalidValueError
from services.api.domain.rate_limits import MAX_PER_MINUTE
from services.api.domain.user_errors import (
    FreshProofNeededError,
    SecondFactorNeededError,
    SecondFactorWrongError,
    TooManyFailuresError,
    WrongPasswordError,
)
from shared.domain.errors import DomainError
from shared.domain.trusted_proxies import read_network

WORDS: Final = {
    "name": N_("Give it a name of 1 to 100 characters."),
    "scopes": N_("Tick at least one thing that the key may do."),
    "expires_at": N_("Take a day after today, at most ten years ahead, or leave it empty."),
    "login": N_("Take a login of 1 to 64 characters that nobody has yet."),
    "role": N_("Choose one of the roles."),
    "kind": N_("Choose one of the two kinds."),
}
# What a proof is refused for, whose fields the API calls otherwise.
FIELDS: Final[Mapping[type[DomainError], str]] = {
    FreshProofNeededError: PASSWORD,
    TooManyFailuresError: PASSWORD,
    SecondFactorNeededError: CODE,
    SecondFactorWrongError: CODE,
}
OF_PROOFS: Final[tuple[type[DomainError], ...]] = (*FIELDS, WrongPasswordError)
NEITHER: Final = N_(
    "Write an address or a network on each line, such as 203.0.113.7, 203.0.113.0/24 or "
    "2001:db8::/48, and not"
)
NOT_FIRST: Final = N_("Write a network by its first address, which here would be")
TOO_MANY: Final = N_("Join some networks: a list holds 200, and this has")
NOT_PER_MINUTE: Final = N_("Write a whole number from 0 to 1000000, or leave it empty.")
NOT_HOURS: Final = N_("Choose one of the times.")


def wrong_of(error: DomainError | WrongFieldError) -> Wrong:
    """Return what a refusal says, at the field that it is about."""
    if isinstance(error, WrongFieldError):
        return error.wrong
    field = FIELDS.get(type(error), error.field or "")
    text = WORDS.get(field) if isinstance(error, InvalidValueError) else None
    return Wrong(field, text or refusal_text(error), refusal=error)


def lines_of(text: str) -> list[str]:
    """Return what stands on the lines of a field, or between its commas."""
    return [entry.strip() for entry in text.replace(",", "\n").splitlines() if entry.strip()]


def networks_in(form: Form) -> AllowList:
    """Read a list of addresses and networks.

    Raises:
        WrongFieldError: One is neither, or there are too many.
    """
    entries = lines_of(form.get(FIELD, ""))
    for entry in entries:
        try:
            parse_allow_list([entry])
        except InvalidValueError as error:
            raise WrongFieldError(_wrong_network(entry)) from error
    try:
        return parse_allow_list(entries)
    except InvalidValueError as error:
        count = len(dict.fromkeys(entries))
        wrong = Wrong(FIELD, TOO_MANY, str(max(count, MAX_NETWORKS + 1)))
        raise WrongFieldError(wrong) from error


def end_of_day_in(form: Form, name: str, zone: ZoneInfo) -> datetime | None:
    """Read a day; return the moment it is over, or None if none was chosen.

    Raises:
        WrongFieldError: It is none.
    """
    typed = form.get(name, "").strip()
    if not typed:
        return None
    try:
        day = date.fromisoformat(typed) + timedelta(days=1)
        return datetime.combine(day, time(), zone)
    except (ValueError, OverflowError) as error:
        raise WrongFieldError(Wrong("expires_at", WORDS["expires_at"])) from error


def per_minute_in(form: Form, name: str) -> int | None:
    """Read a limit; None: as the server has it.

    Raises:
        WrongFieldError: It is none.
    """
    typed = form.get(name, "").strip()
    if not typed:
        return None
    is_short = typed.isascii() and typed.isdigit() and len(typed) <= len(str(MAX_PER_MINUTE))
    if not is_short or int(typed) > MAX_PER_MINUTE:
        raise WrongFieldError(Wrong(name, NOT_PER_MINUTE))
    return int(typed)


def hours_in(form: Form, name: str, offered: Collection[int]) -> timedelta:
    """Read one of the times that are offered.

    Raises:
        WrongFieldError: It is none of them.
    """
    typed = form.get(name, "")
    for hours in offered:
        if typed == str(hours):
            return timedelta(hours=hours)
    raise WrongFieldError(Wrong(name, NOT_HOURS))


def ticked(form: Form, prefix: str, names: Sequence[str]) -> list[str]:
    """Return the names whose boxes are ticked."""
    return [name for name in names if f"{prefix}{name}" in form]


def _wrong_network(entry: str) -> Wrong:
    try:
        network, first = read_network(entry)
    except ValueError:
        return Wrong(FIELD, NEITHER, entry[:60])
    if network.network_address != first and entry.rpartition("/")[2].isdecimal():
        return Wrong(FIELD, NOT_FIRST, str(network))
    return Wrong(FIELD, NEITHER, entry[:60])
