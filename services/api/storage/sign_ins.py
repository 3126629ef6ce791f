"""What there is to know of whoever shows a login and a password, and what failed of late."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    LargeBinary,
    Text,
    and_,
    cast,
    extract,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import CIDR
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.allow_lists import AllowList, stored_allow_list
from services.api.domain.roles import UserKind
from services.api.domain.sign_in_waits import CountedFor, Failures
from services.api.storage.accounts import ACCOUNT_COLUMNS, Account, to_account
from services.api.storage.networks import as_texts
from shared.domain.trusted_proxies import IpNetwork
from shared.schema.accounts import ACCOUNT, ACCOUNT_USER
from shared.schema.sessions import SIGN_IN_FAILURE, USER_NETWORK

# Those of the users that were seen from the most places lately.
MAX_NETWORKS = 50

# Each by its primary key, in one order, so that two failures never wait for one another in a
# circle.
NOTE_FAILURES = text("""
    INSERT INTO sign_in_failure AS known (subject, failure_count, failed_at)
    SELECT subject, 1, now() FROM unnest(CAST(:subjects AS bytea[])) AS t (subject)
    ORDER BY subject
    ON CONFLICT (subject) DO UPDATE SET failed_at = now(), failure_count = CASE
        WHEN known.failed_at <= now() - CAST(:age AS interval) THEN 1
        ELSE least(known.failure_count + 1, 1000000)
    END
""")
FORGET_FAILURES = text("DELETE FROM sign_in_failure WHERE subject = :subject")
NOTE_NETWORK = text("""
    INSERT INTO user_network (account_id, user_id, network, seen_at)
    SELECT account_id, id, CAST(:network AS cidr), now() FROM account_user
    WHERE id = :user_id AND account_id = :account_id
    ON CONFLICT (user_id, network) DO UPDATE SET seen_at = now()
""")
# Of one user, by the primary key.
BOUND_NETWORKS = text("""
    DELETE FROM user_network
    WHERE account_id = :account_id AND user_id = :user_id AND network IN (
        SELECT network FROM user_network WHERE user_id = :user_id
        ORDER BY seen_at DESC OFFSET :kept_count
    )
""")


@dataclass(frozen=True, slots=True, repr=False)
class StoredUser:
    """A user as kept, with the password's argon2 hash, and whose it is."""

    account: Account
    id: int
    login: str
    kind: UserKind
    password_hash: str
    role: str
    is_disabled: bool
    has_factor: bool
    password_calls: bool
    demands_factor: bool
    allow_list: AllowList


@dataclass(frozen=True, slots=True, repr=False)
class Found:
    """What is known of a login from a network.

    Attributes:
        user: None if there is none.
        failures: Of late, by what they are counted for.
        known_for: How long ago it was noted that the user's password was right there; None if
            it never was.
    """

    user: StoredUser | None
    failures: Mapping[CountedFor, Failures]
    known_for: timedelta | None


async def find(
    connection: AsyncConnection,
    login: str,
    network: IpNetwork | None,
    subjects: Mapping[CountedFor, bytes],
) -> Found:
    """Return what there is to know of a login from a network, in one query by keys.

    It costs the same whether or not there is such a user.
    """
    failed = (
        select(
            func.json_agg(
                func.json_build_array(
                    func.encode(SIGN_IN_FAILURE.c.subject, "hex"),
                    SIGN_IN_FAILURE.c.failure_count,
                    extract("epoch", func.now() - SIGN_IN_FAILURE.c.failed_at),
                ),
                type_=JSON,
            )
        )
        .where(SIGN_IN_FAILURE.c.subject == func.any(cast(list(subjects.values()), _OCTETS)))
        .scalar_subquery()
    )
    seen = (
        select(extract("epoch", func.now() - USER_NETWORK.c.seen_at))
        .where(
            USER_NETWORK.c.user_id == ACCOUNT_USER.c.id,
            USER_NETWORK.c.network == cast(cast(_text(network), Text), CIDR),
        )
        .scalar_subquery()
    )
    asked = select(literal(1).label("one")).subquery("asked")
    of_user = ACCOUNT_USER.join(ACCOUNT, ACCOUNT.c.id == ACCOUNT_USER.c.account_id)
    query = select(failed, seen, *_USER_COLUMNS, *ACCOUNT_COLUMNS).select_from(
        asked.outerjoin(of_user, and_(literal(1) == asked.c.one, ACCOUNT_USER.c.login == login))
    )
    failures, seen_s, *values = (await connection.execute(query)).one()
    return Found(
        user=_to_user(values),
        failures=_to_failures(failures or (), subjects),
        known_for=None if seen_s is None else timedelta(seconds=float(seen_s)),
    )


async def note_failures(
    connection: AsyncConnection, subjects: Iterable[bytes], *, forgotten_after: timedelta
) -> None:
    """Count a failure for each of these."""
    values = {"subjects": sorted(subjects), "age": forgotten_after}
    await connection.execute(NOTE_FAILURES, values)


async def forget_failures(connection: AsyncConnection, subject: bytes) -> None:
    """Count from the start again."""
    await connection.execute(FORGET_FAILURES, {"subject": subject})


async def note_network(
    connection: AsyncConnection, account_id: int, user_id: int, network: IpNetwork
) -> None:
    """Note that a user's password was right in a network; the oldest of many are forgotten."""
    values = {"account_id": account_id, "user_id": user_id}
    await connection.execute(NOTE_NETWORK, values | {"network": str(network)})
    await connection.execute(BOUND_NETWORKS, values | {"kept_count": MAX_NETWORKS})


_OCTETS = ARRAY(LargeBinary)
_USER_COLUMNS = (
    ACCOUNT_USER.c.id,
    ACCOUNT_USER.c.login,
    ACCOUNT_USER.c.kind,
    ACCOUNT_USER.c.password_hash,
    ACCOUNT_USER.c.role,
    ACCOUNT_USER.c.is_disabled,
    ACCOUNT_USER.c.factor_confirmed_at.is_not(None),
    ACCOUNT.c.password_calls,
    ACCOUNT.c.demands_second_factor,
    as_texts(ACCOUNT.c.ip_allow_list),
)


def _text(network: IpNetwork | None) -> str | None:
    return None if network is None else str(network)


def _to_user(values: Sequence[Any]) -> StoredUser | None:
    if values[0] is None:
        return None
    of_user, account = values[: len(_USER_COLUMNS)], values[len(_USER_COLUMNS) :]
    user_id, login, kind, password_hash, role, disabled, factor, calls, demands, networks = of_user
    return StoredUser(
        account=to_account(account),
        id=user_id,
        login=login,
        kind=UserKind(kind),
        password_hash=password_hash,
        role=role,
        is_disabled=disabled,
        has_factor=factor,
        password_calls=calls,
        demands_factor=demands,
        allow_list=stored_allow_list(tuple(networks)),
    )


def _to_failures(
    found: Iterable[tuple[str, int, float]], subjects: Mapping[CountedFor, bytes]
) -> dict[CountedFor, Failures]:
    kinds = {subject.hex(): kind for kind, subject in subjects.items()}
    return {
        kinds[subject]: Failures(count, timedelta(seconds=float(age_s)))
        for subject, count, age_s in found
    }
