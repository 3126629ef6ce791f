"""Sessions of users of the console. Of what a cookie holds there is only a SHA-256."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, extract, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.allow_lists import AllowList, stored_allow_list
from services.api.domain.roles import UserKind
from services.api.domain.session_tokens import SessionAge
from services.api.storage.accounts import ACCOUNT_COLUMNS, Account, to_account
from services.api.storage.networks import as_texts
from shared.domain.trusted_proxies import IpAddress
from shared.schema.accounts import ACCOUNT, ACCOUNT_USER
from shared.schema.sessions import USER_SESSION

# All three by the primary key. What another request of the session changed first is left so:
# then nothing is returned.
ROTATE = text("""
    UPDATE user_session SET
        previous_sha256 = :shown, previous_until = NULL, token_sha256 = :token,
        rotated_at = now()
    WHERE id = :session_id AND account_id = :account_id AND token_sha256 = :current
    RETURNING id
""")
BEGIN_GRACE = text("""
    UPDATE user_session SET previous_until = now() + CAST(:grace AS interval)
    WHERE id = :session_id AND account_id = :account_id AND previous_until IS NULL
""")
NOTE_SEEN = text("""
    UPDATE user_session SET
        seen_at = now(), address = CAST(:address AS inet),
        ends_at = least(expires_at, now() + CAST(:idle AS interval))
    WHERE id = :session_id AND account_id = :account_id
""")
RENEW = text("""
    UPDATE user_session SET
        previous_sha256 = NULL, previous_until = NULL, token_sha256 = :token,
        rotated_at = now(), csrf_token = :csrf_token
    WHERE id = :session_id AND account_id = :account_id
    RETURNING expires_at
""")
# By user_session_user_id_idx.
BOUND_SESSIONS = text("""
    DELETE FROM user_session WHERE account_id = :account_id AND id IN (
        SELECT id FROM user_session WHERE user_id = :user_id
        ORDER BY seen_at DESC, id DESC OFFSET :kept_count
    )
""")


@dataclass(frozen=True, slots=True, repr=False)
class StoredSession:
    """A live session, with its user and whose they are.

    Attributes:
        token_sha256: Of the token made last, be it the one that was shown or not.
        demands_factor: Whether the account wants a second factor of all.
        proof_age: How long ago its user last proved who they are; None if that is not known.
    """

    account: Account
    allow_list: AllowList
    demands_factor: bool
    id: int
    uuid: UUID
    token_sha256: bytes
    csrf_token: str
    created_at: datetime
    expires_at: datetime
    user_id: int
    user_uuid: UUID
    login: str
    role: str
    has_factor: bool
    recovery_code_count: int
    age: SessionAge
    proof_age: timedelta | None


@dataclass(frozen=True, slots=True)
class Session:
    """A session as its user sees it."""

    id: int
    uuid: UUID
    address: str | None
    agent: str
    created_at: datetime
    seen_at: datetime
    ends_at: datetime


_IS_CURRENT = "is_current"
_SESSION_COLUMNS = (
    USER_SESSION.c.id,
    USER_SESSION.c.uuid,
    func.host(USER_SESSION.c.address).label("address"),
    USER_SESSION.c.agent,
    USER_SESSION.c.created_at,
    USER_SESSION.c.seen_at,
    USER_SESSION.c.ends_at,
)
_STORED_FIELDS = (
    "id",
    "uuid",
    "token_sha256",
    "csrf_token",
    "created_at",
    "expires_at",
    "user_id",
    "user_uuid",
    "login",
    "role",
    "has_factor",
    "recovery_code_count",
)
_STORED_COLUMNS = (
    USER_SESSION.c.id,
    USER_SESSION.c.uuid,
    USER_SESSION.c.token_sha256,
    USER_SESSION.c.csrf_token,
    USER_SESSION.c.created_at,
    USER_SESSION.c.expires_at,
    ACCOUNT_USER.c.id,
    ACCOUNT_USER.c.uuid,
    ACCOUNT_USER.c.login,
    ACCOUNT_USER.c.role,
    ACCOUNT_USER.c.factor_confirmed_at.is_not(None),
    func.cardinality(ACCOUNT_USER.c.recovery_codes),
)
_LIVE = and_(
    USER_SESSION.c.ends_at > func.now(),
    ACCOUNT_USER.c.is_disabled.is_(False),
    ACCOUNT_USER.c.kind == UserKind.CONSOLE.value,
)
_BY_USER = USER_SESSION.c.user_id == ACCOUNT_USER.c.id
_BY_ACCOUNT = ACCOUNT.c.id == ACCOUNT_USER.c.account_id


async def find_session(connection: AsyncConnection, shown: bytes) -> StoredSession | None:
    """Return the live session of a token, by its digest; None if it has ended.

    By the unique indexes of both tokens that a session may have.
    """
    grace = or_(
        USER_SESSION.c.previous_until.is_(None), USER_SESSION.c.previous_until > func.now()
    )
    query = (
        select(
            as_texts(ACCOUNT.c.ip_allow_list),
            ACCOUNT.c.demands_second_factor,
            USER_SESSION.c.token_sha256 == shown,
            extract("epoch", func.now() - USER_SESSION.c.rotated_at),
            extract("epoch", func.now() - USER_SESSION.c.seen_at),
            extract("epoch", func.now() - USER_SESSION.c.proved_at),
            and_(
                USER_SESSION.c.previous_sha256.is_not(None),
                USER_SESSION.c.previous_until.is_(None),
            ),
            *_STORED_COLUMNS,
            *ACCOUNT_COLUMNS,
        )
        .select_from(USER_SESSION)
        .join(ACCOUNT_USER, _BY_USER)
        .join(ACCOUNT, _BY_ACCOUNT)
        .where(
            or_(
                USER_SESSION.c.token_sha256 == shown,
                and_(USER_SESSION.c.previous_sha256 == shown, grace),
            ),
            _LIVE,
        )
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    networks, demands, is_current, rotated_s, seen_s, proved_s, awaits, *rest = row
    of_session, account = rest[: len(_STORED_COLUMNS)], rest[len(_STORED_COLUMNS) :]
    found = dict(zip(_STORED_FIELDS, of_session, strict=True))
    age = SessionAge(
        is_current=is_current,
        rotated=timedelta(seconds=float(rotated_s)),
        seen=timedelta(seconds=float(seen_s)),
        awaits_first_use=awaits,
    )
    allow_list = stored_allow_list(tuple(networks))
    proof_age = None if proved_s is None else timedelta(seconds=float(proved_s))
    return StoredSession(
        to_account(account), allow_list, demands, age=age, proof_age=proof_age, **found
    )


async def add_session(
    connection: AsyncConnection,
    account_id: int,
    user_id: int,
    *,
    token_sha256: bytes,
    csrf_token: str,
    address: IpAddress | None,
    agent: str,
    idle: timedelta,
    life: timedelta,
    kept_count: int,
) -> datetime:
    """Add a session and return when it expires; beyond so many, a user's oldest ends."""
    statement = (
        insert(USER_SESSION)
        .values(
            account_id=account_id,
            user_id=user_id,
            token_sha256=token_sha256,
            csrf_token=csrf_token,
            address=None if address is None else str(address),
            agent=agent,
            created_at=func.now(),
            rotated_at=func.now(),
            seen_at=func.now(),
            proved_at=func.now(),
            ends_at=func.now() + min(idle, life),
            expires_at=func.now() + life,
        )
        .returning(USER_SESSION.c.expires_at)
    )
    expires_at: datetime = (await connection.execute(statement)).scalar_one()
    values = {"account_id": account_id, "user_id": user_id, "kept_count": kept_count}
    await connection.execute(BOUND_SESSIONS, values)
    return expires_at


async def rotate(
    connection: AsyncConnection,
    account_id: int,
    session_id: int,
    *,
    shown: bytes,
    current: bytes,
    token: bytes,
) -> bool:
    """Give a session another token; False if another request did so first."""
    values = {"account_id": account_id, "session_id": session_id}
    tokens = {"shown": shown, "current": current, "token": token}
    return (await connection.execute(ROTATE, values | tokens)).one_or_none() is not None


async def begin_grace(
    connection: AsyncConnection, account_id: int, session_id: int, *, grace: timedelta
) -> None:
    """Let the token before the last count for a moment more, and then no longer."""
    values = {"account_id": account_id, "session_id": session_id, "grace": grace}
    await connection.execute(BEGIN_GRACE, values)


async def note_seen(
    connection: AsyncConnection,
    account_id: int,
    session_id: int,
    *,
    address: IpAddress | None,
    idle: timedelta,
) -> None:
    """Note that a session is in use, which is what keeps it from ending."""
    values = {
        "account_id": account_id,
        "session_id": session_id,
        "address": None if address is None else str(address),
        "idle": idle,
    }
    await connection.execute(NOTE_SEEN, values)


async def renew(
    connection: AsyncConnection,
    account_id: int,
    session_id: int,
    *,
    token: bytes,
    csrf_token: str,
) -> datetime | None:
    """Give a session other tokens, none of those before counting any more.

    Returns:
        When it expires; None if it has ended meanwhile.
    """
    values = {"account_id": account_id, "session_id": session_id}
    renewed = await connection.execute(RENEW, values | {"token": token, "csrf_token": csrf_token})
    expires_at: datetime | None = renewed.scalar_one_or_none()
    return expires_at


async def note_proof(connection: AsyncConnection, account_id: int, session_id: int) -> None:
    """Note that a session's user has just proved who they are."""
    statement = (
        update(USER_SESSION)
        .where(USER_SESSION.c.account_id == account_id, USER_SESSION.c.id == session_id)
        .values(proved_at=func.now())
    )
    await connection.execute(statement)


async def list_sessions(
    connection: AsyncConnection, account_id: int, user_id: int
) -> list[Session]:
    """Return the live sessions of a user, the one seen last first; they are few."""
    query = (
        select(*_SESSION_COLUMNS)
        .where(
            USER_SESSION.c.account_id == account_id,
            USER_SESSION.c.user_id == user_id,
            USER_SESSION.c.ends_at > func.now(),
        )
        .order_by(USER_SESSION.c.seen_at.desc(), USER_SESSION.c.id.desc())
    )
    return [Session(**row._asdict()) for row in await connection.execute(query)]


async def end_session(
    connection: AsyncConnection, account_id: int, user_id: int, session_uuid: UUID
) -> bool:
    """End a session of a user; False if they have none such."""
    statement = (
        delete(USER_SESSION)
        .where(
            USER_SESSION.c.account_id == account_id,
            USER_SESSION.c.user_id == user_id,
            USER_SESSION.c.uuid == session_uuid,
        )
        .returning(USER_SESSION.c.id)
    )
    return (await connection.execute(statement)).one_or_none() is not None


async def end_sessions(
    connection: AsyncConnection, account_id: int, user_id: int, *, but: int | None = None
) -> int:
    """End all sessions of a user, or all but one; return how many."""
    statement = delete(USER_SESSION).where(
        USER_SESSION.c.account_id == account_id, USER_SESSION.c.user_id == user_id
    )
    if but is not None:
        statement = statement.where(USER_SESSION.c.id != but)
    return (await connection.execute(statement)).rowcount


async def list_admitting_sessions(
    connection: AsyncConnection, session_ids: Sequence[int]
) -> dict[int, Any]:
    """Return, by live session that may do something, where its account may be used from."""
    may_act = or_(
        ACCOUNT.c.demands_second_factor.is_(False), ACCOUNT_USER.c.factor_confirmed_at.is_not(None)
    )
    query = (
        select(USER_SESSION.c.id, as_texts(ACCOUNT.c.ip_allow_list))
        .select_from(USER_SESSION)
        .join(ACCOUNT_USER, _BY_USER)
        .join(ACCOUNT, _BY_ACCOUNT)
        .where(USER_SESSION.c.id.in_(session_ids), _LIVE, may_act)
    )
    return {
        session_id: (tuple(of_account),)
        for session_id, of_account in await connection.execute(query)
    }
