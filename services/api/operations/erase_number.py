"""Have a mobile number of an account erased everywhere, and tell how far that has come."""

import uuid
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.domain.authors import COMMAND_LINE, Author
from services.api.domain.errors import InvalidValueError, NotFoundError
from services.api.storage.accounts import find_account, find_default_region
from services.api.storage.audit import AuditEntry, add_entry
from services.api.storage.erasures import Erasure, add_erasure, find_erasure, find_under_way
from services.api.storage.erasures import keep_opt_out as remember
from shared.domain.erasing import masked_number
from shared.domain.msisdn import NumberRules, parse_msisdn
from shared.domain.number_rejections import InvalidMsisdnError


@dataclass(frozen=True, slots=True)
class NumberErasures:
    """Orders erasures of an account; a worker carries them out.

    Attributes:
        author: Who does.
    """

    engine: AsyncEngine
    account_id: int
    author: Author

    async def begin(self, msisdn: int, *, keep_opt_out: bool) -> Erasure:
        """Have a number erased; one that is being erased already is not erased twice.

        Args:
            msisdn: The number.
            keep_opt_out: Whether the account is to remember that it must not be sent to again.
        """
        masked = masked_number(msisdn)
        while True:
            async with self.engine.begin() as connection:
                is_new = await add_erasure(
                    connection,
                    self.account_id,
                    msisdn,
                    erasure_uuid=uuid.uuid4(),
                    masked=masked,
                    keeps_opt_out=keep_opt_out,
                )
                if keep_opt_out:
                    await remember(connection, self.account_id, msisdn, self.author)
                if is_new:
                    await self._note(connection, masked, keep_opt_out=keep_opt_out)
                found = await find_under_way(connection, self.account_id, msisdn)
            # It may have been done between the two, and what came since is to be erased, too.
            if found is not None:
                return found

    async def get(self, erasure_uuid: uuid.UUID) -> Erasure:
        """Return an erasure and how far it has come.

        Raises:
            NotFoundError: The account has no such erasure.
        """
        async with self.engine.connect() as connection:
            found = await find_erasure(connection, self.account_id, erasure_uuid)
        if found is None:
            raise NotFoundError("erasure")
        return found

    async def _note(self, connection: AsyncConnection, masked: str, *, keep_opt_out: bool) -> None:
        entry = AuditEntry("recipient.erase", masked, None, {"keep_opt_out": keep_opt_out})
        await add_entry(connection, self.account_id, self.author, entry)


async def erasures_for(
    engine: AsyncEngine, account_name: str, mobile: str, author: Author = COMMAND_LINE
) -> tuple[NumberErasures, int]:
    """Return what the command line erases with, and the number that is meant.

    Raises:
        InvalidValueError: There is no such account, or that is no number.
    """
    async with engine.connect() as connection:
        account_id = await find_account(connection, account_name)
        if account_id is None:
            raise InvalidValueError("account", f"{account_name!r} is not an account's name")
        region = await find_default_region(connection, account_id)
    try:
        msisdn = parse_msisdn(mobile, NumberRules(region, allow_short_codes=True))
    except InvalidMsisdnError as error:
        raise InvalidValueError("mobile", f"cannot be read: {error.reason.message}") from error
    return NumberErasures(engine, account_id, author), msisdn
