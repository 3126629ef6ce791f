"""Refuse what leads where a list of the account or of the platform does not let it."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.domain.composing import RowRefusedError
from services.api.domain.destination_lists import DestinationBlockedError
from services.api.storage.destinations import find_rules
from shared.domain.destination_hosts import host_keys
from shared.domain.destination_rules import FoundRules, Site, Verdict


class DestinationCheck:
    """Checks the links of one send, each host once.

    Args:
        account_id: Whose send it is.
    """

    def __init__(self, account_id: int) -> None:
        self._account_id = account_id
        self._asked_keys: set[str] = set()
        self._rules = FoundRules()

    async def refuse(
        self, connection: AsyncConnection, sites: Collection[Site], *, field: str = "msg"
    ) -> None:
        """Refuse what leads where it may not.

        Raises:
            DestinationBlockedError: One does.
        """
        await self._learn(connection, sites)
        for site in sites:
            verdict = self._rules.verdict(site, self._account_id)
            if verdict is not None and verdict.is_refusal:
                raise DestinationBlockedError(site.host, verdict, field)

    async def refuse_rows(self, connection: AsyncConnection, sites: Mapping[Site, int]) -> None:
        """Refuse the first row that leads where it may not.

        Args:
            connection: To look rules up with.
            sites: Each with the number of the row that leads there.

        Raises:
            RowRefusedError: A row does.
        """
        await self._learn(connection, sites)
        for site, row in sites.items():
            verdict = self._rules.verdict(site, self._account_id)
            if verdict is not None and verdict.is_refusal:
                error = DestinationBlockedError(site.host, verdict)
                raise RowRefusedError(row, error) from error

    async def _learn(self, connection: AsyncConnection, sites: Iterable[Site]) -> None:
        hosts = {site.host for site in sites}
        keys = {key for host in hosts for key in host_keys(host)} - self._asked_keys
        if keys:
            self._rules.add(await find_rules(connection, self._account_id, keys))
            self._asked_keys |= keys


async def judge(connection: AsyncConnection, account_id: int | None, site: Site) -> Verdict | None:
    """Return what the lists say of a link of an account's; None if nothing."""
    rules = FoundRules()
    rules.add(await find_rules(connection, account_id, host_keys(site.host)))
    return rules.verdict(site, account_id)
