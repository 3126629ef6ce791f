"""Who is known and still not let in, and what keys and lists of addresses may not be made."""

from datetime import UTC, datetime
from typing import ClassVar

from services.api.domain.errors import FieldError
from shared.domain.errors import DomainError
from shared.domain.trusted_proxies import IpAddress


class KeyExpiredError(DomainError):
    """A key whose time is over; told to whoever has its secret alone."""

    code: ClassVar[str] = "key_expired"
    field = "apikey"

    def __init__(self, expired_at: datetime) -> None:
        super().__init__(
            f"The API key expired at {expired_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}: use the one "
            "that took its place, or have another made"
        )


class AddressNotAllowedError(DomainError):
    """Right credentials from the wrong place; nothing else is told there."""

    code: ClassVar[str] = "address_not_allowed"

    def __init__(self, address: IpAddress | None) -> None:
        seen = "a connection without an IP address" if address is None else str(address)
        super().__init__(f"These credentials may not be used from {seen}")


class ScopeNotGrantableError(FieldError):
    """A key would be good for more than whoever makes it."""

    code: ClassVar[str] = "scope_not_grantable"

    def __init__(self, scope: str) -> None:
        super().__init__(
            "scopes", f"scopes may hold only what your own key has, and it lacks {scope}"
        )


class KeyNotLiveError(DomainError):
    """A key that has ended, or been rotated, cannot be rotated."""

    code: ClassVar[str] = "key_not_live"

    def __init__(self, replaced_by: str | None) -> None:
        hint = f"rotate {replaced_by}, which took its place" if replaced_by else "make another"
        super().__init__(f"The key has ended: {hint}")


class TooManyKeysError(DomainError):
    """An account has as many live keys as it may."""

    code: ClassVar[str] = "too_many_keys"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The account has {limit} live keys, which is the most: revoke one")


class LockOutError(FieldError):
    """A list of addresses would leave out whoever sets it."""

    code: ClassVar[str] = "would_lock_out"

    def __init__(self, address: IpAddress | None) -> None:
        seen = "your connection, which has no IP address" if address is None else str(address)
        super().__init__(
            "ip_allow_list",
            f"ip_allow_list would leave you out: add {seen}, or give force=true",
        )
