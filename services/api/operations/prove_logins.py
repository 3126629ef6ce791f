"""Find out whether a login and a password are right, at a pace that makes guessing hopeless."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.roles import UserKind
from services.api.domain.sign_in_waits import (
    FORGOTTEN_AFTER,
    CountedFor,
    network_of,
    subjects_of,
    wait_left,
)
from services.api.domain.user_errors import TooManyFailuresError
from services.api.operations.failure_notes import FailureNotes
from services.api.operations.passwords import PasswordWork, is_right
from services.api.storage import sign_ins
from services.api.storage.sign_ins import Found, StoredUser
from shared.domain.trusted_proxies import IpAddress, IpNetwork

KNOWN_NOTED_EVERY = timedelta(days=1)
# No login is longer; a longer text is nobody's, and need not go to the database.
MAX_LOGIN = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody shows a login.

    Attributes:
        address: As seen by us.
        network: What counts as one place.
    """

    address: IpAddress | None
    network: IpNetwork | None


@dataclass(frozen=True, slots=True)
class Proof:
    """A login whose password was right.

    Attributes:
        place: Where it was shown.
        found: What was known of it before.
        user: Whose it is.
    """

    place: Place
    found: Found
    user: StoredUser


class Logins:
    """The logins that one process looks at.

    Args:
        engine: Where users are.
        work: Bounds how many passwords are worked on.
        notes: Takes what the owners are to be told of failures.
    """

    def __init__(self, engine: AsyncEngine, work: PasswordWork, notes: FailureNotes) -> None:
        self._engine = engine
        self._work = work
        self._notes = notes

    async def prove(
        self, login: str, password: str, address: IpAddress | None, kind: UserKind
    ) -> Proof | None:
        """Return whose a login is if they may show it here and the password is right.

        Whether there is no such user, or one of another kind, or one who is disabled, or the
        password is wrong: it takes the same, counts the same, and gives None.

        Raises:
            TooManyFailuresError: Too much has failed; nothing was looked at.
            OverloadedError: Too many passwords wait to be looked at.
        """
        place = Place(address, network_of(address))
        found = await self._find(login, place)
        async with self._work.turn() as has_waited:
            if has_waited:
                # Others may have failed meanwhile, so that no burst gets in more than its turn.
                found = await self._find(login, place)
            user = found.user
            right = await is_right(user.password_hash if user else None, password)
            if user is not None and right and user.kind is kind and not user.is_disabled:
                return Proof(place, found, user)
            await self.note_failure(login, place, found)
            return None

    async def note_failure(self, login: str, place: Place, found: Found) -> None:
        """Count a failure; the owners of the user's account are told later, of all at once."""
        subjects = subjects_of(login, place.network)
        is_known = found.known_for is not None
        of_login = CountedFor.LOGIN_FROM_NETWORK if is_known else CountedFor.LOGIN
        counted = (subjects[of_login], subjects[CountedFor.NETWORK])
        async with self._engine.begin() as connection:
            await sign_ins.note_failures(connection, counted, forgotten_after=FORGOTTEN_AFTER)
        if found.user is not None:
            self._notes.add(found.user, place.address)

    async def note_success(self, proof: Proof) -> None:
        """Remember where the user is known from, unless that was noted of late."""
        if is_to_note(proof):
            async with self._engine.begin() as connection:
                await note_success(connection, proof)

    async def _find(self, login: str, place: Place) -> Found:
        subjects = subjects_of(login, place.network)
        async with self._engine.connect() as connection:
            asked = login if _is_storable(login) else ""
            found = await sign_ins.find(connection, asked, place.network, subjects)
        wait = wait_left(found.failures, is_known=found.known_for is not None)
        if wait:
            raise TooManyFailuresError(wait)
        return found


def is_to_note(proof: Proof) -> bool:
    """Tell whether a success changes what is kept."""
    known_for = proof.found.known_for
    is_news = known_for is None or known_for >= KNOWN_NOTED_EVERY
    has_failed = CountedFor.LOGIN_FROM_NETWORK in proof.found.failures
    return proof.place.network is not None and (is_news or has_failed)


async def note_success(connection: AsyncConnection, proof: Proof) -> None:
    """Remember where a user is known from, and forget what failed for them there.

    What failed for the login from elsewhere stays, and so does what failed in that network for
    others: else a success of one's own would buy more guesses of another's password.
    """
    user, network = proof.user, proof.place.network
    if network is not None:
        await sign_ins.note_network(connection, user.account.id, user.id, network)
        subject = subjects_of(user.login, network)[CountedFor.LOGIN_FROM_NETWORK]
        await sign_ins.forget_failures(connection, subject)


def _is_storable(login: str) -> bool:
    """Tell whether Postgres could hold a text as a login."""
    has_half_characters = any("\ud800" <= character <= "\udfff" for character in login)
    return len(login) <= MAX_LOGIN and "\0" not in login and not has_half_characters
