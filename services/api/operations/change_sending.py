"""Change how an account sends (links, numbers, price, credit), and how long it keeps visits."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.account_rules import (
    checked_currency,
    checked_dlt_id,
    checked_domains,
    checked_limit,
    checked_price,
    checked_rate,
    checked_sender_ids,
)
from services.api.domain.authors import COMMAND_LINE, Author
from services.api.domain.credit import checked_cap
from services.api.domain.destination import to_destination
from services.api.domain.errors import InvalidValueError
from services.api.domain.link_shape import LinkShape
from services.api.domain.privacy_rules import MAX_KEPT_DAYS, MAX_KEPT_MONTHS
from services.api.operations.change_privacy import PrivacyOrders
from services.api.operations.manage_credit import CreditChanges, change_credit
from services.api.storage.account_settings import (
    change_entry,
    lock_sender_id,
    lock_settings,
    set_sender_id,
    told,
)
from services.api.storage.accounts import find_account, find_limits, set_account
from services.api.storage.audit import OF_ACCOUNT, AuditEntry, add_entry
from shared.domain.address_policies import AddressPolicy
from shared.domain.errors import DomainError


@dataclass(frozen=True, slots=True)
class SendingChanges:
    """What is to change; None leaves a setting as it is.

    Attributes:
        gone_url: Where links lead that are paused or have expired; ``none`` shows a page.
        clicks_kept_months: For how many months visits are kept; ``none`` is for ever.
        addresses_kept_days: After how many days their addresses are truncated; ``none`` is never.
        calls_per_minute: How many are let through; ``default`` is as the settings have it, 0 any.
        sends_per_minute: The same, of calls that send.
        is_prepaid: Whether sends are charged to a balance.
        daily_cap: Most segments of one day; ``none`` is any number.
        addresses: How much of their addresses is stored.
        texts_kept_days: After how many days texts are let go of; ``none`` is never.
    """

    link_shape: LinkShape | None = None
    smart_encoding: bool | None = None
    accepts_landlines: bool | None = None
    accepts_short_codes: bool | None = None
    segment_price: str | None = None
    currency: str | None = None
    gone_url: str | None = None
    clicks_kept_months: str | None = None
    addresses_kept_days: str | None = None
    calls_per_minute: str | None = None
    sends_per_minute: str | None = None
    is_prepaid: bool | None = None
    daily_cap: str | None = None
    addresses: AddressPolicy | None = None
    texts_kept_days: str | None = None


@dataclass(frozen=True, slots=True)
class SenderIdChanges:
    """What is to change of a sender ID; None leaves a setting as it is."""

    link_shape: LinkShape | None = None
    link_domains: Sequence[str] | None = None
    dlt_entity_id: str | None = None


async def change_sending(
    engine: AsyncEngine,
    account_name: str,
    changes: SendingChanges,
    *,
    author: Author = COMMAND_LINE,
) -> None:
    """Change how an account sends, from its next send on, and what the next upkeep lets go of.

    Raises:
        InvalidValueError: There is no such account, or a value is none that can be set.
    """
    price, currency = changes.segment_price, changes.currency
    values: dict[str, object] = {
        "link_shape": changes.link_shape and changes.link_shape.value,
        "smart_encoding": changes.smart_encoding,
        "accepts_landlines": changes.accepts_landlines,
        "accepts_short_codes": changes.accepts_short_codes,
        "segment_price": None if price is None else checked_price(price),
        "currency": None if currency is None else checked_currency(currency),
    }
    changed = {name: value for name, value in values.items() if value is not None}
    if changes.gone_url is not None:
        changed["gone_location"] = _gone_location(changes.gone_url)
    rules = _privacy(changes)
    limits = _limits(changes)
    changed |= limits
    of_credit = CreditChanges(
        changes.is_prepaid,
        sets_cap=changes.daily_cap is not None,
        daily_cap=None if changes.daily_cap is None else checked_cap(changes.daily_cap),
    )
    if not changed and not rules and of_credit == CreditChanges():
        raise InvalidValueError("settings", "to change are missing: name at least one")
    async with engine.begin() as connection:
        account_id = await find_account(connection, account_name)
        if account_id is None:
            raise InvalidValueError("account", f"{account_name!r} is not an account's name")
        before = await lock_settings(connection, account_id)
        if limits:
            known = await find_limits(connection, account_id)
            entry = AuditEntry("account.limit", "account", known, {**known, **limits})
            await add_entry(connection, account_id, author, entry)
        if changed:
            await set_account(connection, account_id, changed)
        others = {name: value for name, value in changed.items() if name not in limits}
        noted = change_entry("account.set", OF_ACCOUNT, before, others)
        if noted is not None:
            await add_entry(connection, account_id, author, noted)
        if of_credit != CreditChanges():
            await change_credit(connection, account_id, of_credit, author)
    if rules:
        await PrivacyOrders(engine, account_id, author).change(rules)


async def change_sender_id(
    engine: AsyncEngine,
    account_name: str,
    header: str,
    changes: SenderIdChanges,
    *,
    author: Author = COMMAND_LINE,
) -> None:
    """Register a sender ID of an account, or change it.

    Raises:
        InvalidValueError: There is no such account, or a value is none that can be set.
    """
    (header,) = checked_sender_ids([header])
    domains, entity_id = changes.link_domains, changes.dlt_entity_id
    values = {
        "link_shape": changes.link_shape and changes.link_shape.value,
        "link_domains": None if domains is None else checked_domains(domains),
        "dlt_entity_id": None if entity_id is None else checked_dlt_id(entity_id),
    }
    changed = {name: value for name, value in values.items() if value is not None}
    async with engine.begin() as connection:
        account_id = await find_account(connection, account_name)
        if account_id is None:
            raise InvalidValueError("account", f"{account_name!r} is not an account's name")
        await lock_settings(connection, account_id)
        before = await lock_sender_id(connection, account_id, header)
        registered = header if before is None else str(before["header"])
        await set_sender_id(connection, account_id, registered, changed)
        entry = (
            AuditEntry("sender_id.create", registered, None, told(changed))
            if before is None
            else change_entry("sender_id.set", registered, before, changed)
        )
        if entry is not None:
            await add_entry(connection, account_id, author, entry)


def _limits(changes: SendingChanges) -> dict[str, int | None]:
    written = {
        "calls_per_minute": changes.calls_per_minute,
        "sends_per_minute": changes.sends_per_minute,
    }
    return {
        name: checked_rate(text, field=name.replace("_", " "))
        for name, text in written.items()
        if text is not None
    }


def _privacy(changes: SendingChanges) -> dict[str, object]:
    limits = {
        "clicks_kept_months": (1, MAX_KEPT_MONTHS),
        "addresses_kept_days": (0, MAX_KEPT_DAYS),
        "texts_kept_days": (1, MAX_KEPT_DAYS),
    }
    rules: dict[str, object] = {
        name: checked_limit(given, field=name.replace("_", " "), lowest=lowest, highest=highest)
        for name, (lowest, highest) in limits.items()
        if (given := getattr(changes, name)) is not None
    }
    return rules if changes.addresses is None else rules | {"addresses": changes.addresses}


def _gone_location(written: str) -> str | None:
    if written.casefold() == "none":
        return None
    try:
        return to_destination(written).location
    except DomainError as error:
        raise InvalidValueError(
            "gone_url",
            "must be a web link of up to 8,000 octets such as https://example.com/over, or none,"
            f" not {written[:60]!r}",
        ) from error
