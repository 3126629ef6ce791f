"""Begin, use and end the sessions of users of the console."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.authors import Author, AuthorKind
from services.api.domain.errors import NotFoundError
from services.api.domain.roles import ROLE_SCOPES
from services.api.domain.session_tokens import (
    GRACE,
    MAX_TOKEN_LENGTH,
    digest,
    make_token,
    steps_of,
)
from services.api.domain.user_errors import SessionMissingError
from services.api.operations.authenticate import Caller
from services.api.storage import sessions
from services.api.storage.audit import AuditEntry, add_entry
from services.api.storage.sessions import Session, StoredSession
from shared.domain.trusted_proxies import IpAddress

# Of one user; beyond that the one that was seen least lately ends.
MAX_SESSIONS: Final = 20
MAX_AGENT: Final = 200


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lasts: unused, and in all."""

    idle: timedelta
    life: timedelta


@dataclass(frozen=True, slots=True)
class NewToken:
    """What a browser is to keep from now on.

    Attributes:
        expires_at: When it is of no use any more.
    """

    text: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SessionInUse:
    """A session that a request showed the token of.

    Attributes:
        caller: Its user.
        token: That takes over from the one shown; None if that one goes on.
    """

    caller: Caller
    token: NewToken | None


def author_in(session: StoredSession, address: IpAddress | None = None) -> Author:
    """Return a session's user as the audit trail names them."""
    return Author(AuthorKind.USER, session.login, address=address)


async def use_session(
    engine: AsyncEngine, token: str, address: IpAddress | None, limits: SessionLimits
) -> SessionInUse:
    """Return whose a session is; one query, and once in a while a note that it is in use.

    Raises:
        SessionMissingError: It has ended, or its user has been disabled.
        AddressNotAllowedError: The account may not be used from there.
    """
    if len(token) > MAX_TOKEN_LENGTH:
        raise SessionMissingError
    shown = digest(token)
    async with engine.connect() as connection:
        session = await sessions.find_session(connection, shown)
    if session is None:
        raise SessionMissingError
    caller = Caller(
        account=session.account,
        scopes=ROLE_SCOPES[session.role],
        author=author_in(session),
        allow_lists=(session.allow_list,),
        session=session,
        owes_factor=session.demands_factor and not session.has_factor,
    )
    caller.admit(address)
    new: NewToken | None = None
    if steps := steps_of(session.age):
        async with engine.begin() as connection:
            of_it = (session.account.id, session.id)
            if steps.rotate:
                new = await _rotated(connection, session, shown)
            if steps.begin_grace:
                await sessions.begin_grace(connection, *of_it, grace=GRACE)
            if steps.note or steps.rotate:
                await sessions.note_seen(connection, *of_it, address=address, idle=limits.idle)
    return SessionInUse(caller, new)


async def begin_session(
    connection: AsyncConnection,
    account_id: int,
    user_id: int,
    *,
    address: IpAddress | None,
    agent: str,
    limits: SessionLimits,
) -> NewToken:
    """Begin a session of a user who has proved who they are."""
    token = make_token()
    expires_at = await sessions.add_session(
        connection,
        account_id,
        user_id,
        token_sha256=digest(token),
        csrf_token=make_token(),
        address=address,
        agent="".join(filter(str.isprintable, agent))[:MAX_AGENT],
        idle=limits.idle,
        life=limits.life,
        kept_count=MAX_SESSIONS,
    )
    return NewToken(token, expires_at)


async def renew_session(connection: AsyncConnection, session: StoredSession) -> NewToken:
    """Give a session other tokens, since what its user may do or shows has changed.

    All others of the user end.

    Raises:
        SessionMissingError: It has ended meanwhile.
    """
    token = make_token()
    expires_at = await sessions.renew(
        connection,
        session.account.id,
        session.id,
        token=digest(token),
        csrf_token=make_token(),
    )
    if expires_at is None:
        raise SessionMissingError
    await sessions.end_sessions(connection, session.account.id, session.user_id, but=session.id)
    return NewToken(token, expires_at)


async def list_own(engine: AsyncEngine, session: StoredSession) -> list[Session]:
    """Return the live sessions of a session's user."""
    async with engine.connect() as connection:
        return await sessions.list_sessions(connection, session.account.id, session.user_id)


async def end_own(
    engine: AsyncEngine, session: StoredSession, ended: uuid.UUID, address: IpAddress | None
) -> None:
    """End a session of a session's user, be it that one.

    Raises:
        NotFoundError: They have none such.
    """
    account_id = session.account.id
    async with engine.begin() as connection:
        if not await sessions.end_session(connection, account_id, session.user_id, ended):
            raise NotFoundError("session")
        action = "user.sign-out" if ended == session.uuid else "user.end-session"
        entry = AuditEntry(action, session.login, {"session": str(ended)}, None)
        await add_entry(connection, account_id, author_in(session, address), entry)


async def _rotated(
    connection: AsyncConnection, session: StoredSession, shown: bytes
) -> NewToken | None:
    token = make_token()
    is_ours = await sessions.rotate(
        connection,
        session.account.id,
        session.id,
        shown=shown,
        current=session.token_sha256,
        token=digest(token),
    )
    return NewToken(token, session.expires_at) if is_ours else None
