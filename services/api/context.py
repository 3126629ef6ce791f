"""The composition root: what one API process holds, and what each part of it is handed."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.authors import Author
from services.api.operations.accepting import SendContext
from services.api.operations.authenticate import Caller
from services.api.operations.change_allow_lists import AllowListOrders
from services.api.operations.change_destinations import DestinationOrders
from services.api.operations.change_links import LinkOrders
from services.api.operations.control_campaigns import CampaignOrders
from services.api.operations.follow_campaign import LiveEvents
from services.api.operations.key_uses import KeyUses
from services.api.operations.large_sends import LargeSends
from services.api.operations.limit_rates import RateLimiter
from services.api.operations.make_spreadsheets import SpreadsheetMaker
from services.api.operations.manage_keys import KeyOrders
from services.api.operations.upload_reading import UploadReader
from services.api.schemas.incoming_body import FileLimits
from services.api.settings import ApiSettings
from services.api.storage.accounts import Account
from shared.clock import Clock, SystemClock
from shared.domain.sealing import Sealer
from shared.storage.engine import create_engine


@dataclass(frozen=True, slots=True)
class ApiContext:
    """What an API process holds for as long as it lives.

    Attributes:
        reserve_engine: Connections that no send can hold for long.
        sealer: Seals secrets before they are stored, and opens them.
    """

    settings: ApiSettings
    engine: AsyncEngine
    reserve_engine: AsyncEngine
    clock: Clock
    uploads: UploadReader
    large_sends: LargeSends
    live: LiveEvents
    spreadsheets: SpreadsheetMaker
    key_uses: KeyUses
    sealer: Sealer
    rates: RateLimiter

    @classmethod
    def from_settings(cls, settings: ApiSettings) -> "ApiContext":
        """Open what the settings name; nothing connects before the first request."""
        sealer = settings.to_sealer()
        engine = create_engine(
            settings.database_url.get_secret_value(),
            application="txlink-api",
            sealer=sealer,
            pool_size=10,
            max_overflow=10,
        )
        reserve_engine = create_engine(
            settings.database_url.get_secret_value(),
            application="txlink-api",
            sealer=sealer,
            pool_size=2,
            max_overflow=0,
        )
        uploads = UploadReader(
            engine,
            concurrency=settings.upload_concurrency,
            max_waiting=settings.max_waiting_uploads,
            max_per_account=settings.max_uploads_per_account,
        )
        large_sends = LargeSends(
            concurrency=settings.large_send_concurrency,
            max_waiting=settings.max_waiting_large_sends,
        )
        return cls(
            settings=settings,
            engine=engine,
            reserve_engine=reserve_engine,
            clock=SystemClock(),
            uploads=uploads,
            large_sends=large_sends,
            live=LiveEvents(
                engine,
                max_streams=settings.max_streams,
                max_per_account=settings.max_streams_per_account,
            ),
            spreadsheets=SpreadsheetMaker(
                max_spreadsheets=settings.max_spreadsheets,
                max_per_account=settings.max_spreadsheets_per_account,
            ),
            key_uses=KeyUses(engine),
            sealer=sealer,
            rates=RateLimiter(reserve_engine),
        )

    def to_send_context(self) -> SendContext:
        """Return what sending uses."""
        return SendContext(
            engine=self.engine,
            reserve_engine=self.reserve_engine,
            clock=self.clock,
            short_domain=self.settings.short_domain,
            max_recipients=self.settings.max_recipients,
            large_sends=self.large_sends,
            may_be_private=self.settings.private_destinations,
        )

    def to_orders(self, account: Account, author: Author) -> CampaignOrders:
        """Return what an account gives orders to its campaigns with."""
        return CampaignOrders(self.engine, self.clock, account, author)

    def to_link_orders(self, account: Account, author: Author) -> LinkOrders:
        """Return what an account changes the links of its campaigns with."""
        return LinkOrders(
            self.engine,
            account.id,
            author,
            self.settings.short_domain,
            may_be_private=self.settings.private_destinations,
        )

    def to_key_orders(self, caller: Caller, author: Author) -> KeyOrders:
        """Return what a caller gives orders to the account's keys with."""
        return KeyOrders(self.engine, self.clock, caller.account.id, author, caller.scopes)

    def to_allow_list_orders(self, account: Account, author: Author) -> AllowListOrders:
        """Return what an account says with where it may be used from."""
        return AllowListOrders(self.engine, account.id, author)

    def to_destination_orders(self, account: Account, author: Author) -> DestinationOrders:
        """Return what an account says with where its links may lead."""
        return DestinationOrders(self.engine, account.id, author)

    def to_file_limits(self) -> FileLimits:
        """Return what taking in a file is bounded by."""
        return FileLimits(
            octets=self.settings.max_upload_octets,
            idle_s=self.settings.upload_idle_timeout_s,
            whole_s=self.settings.body_timeout_s,
            octets_per_s=self.settings.upload_min_octets_per_s,
        )

    def start(self) -> None:
        """Begin what goes on beside the requests; to be called with a running event loop."""
        self.uploads.start()
        self.live.start()
        self.key_uses.start()
        self.rates.start()

    async def aclose(self) -> None:
        """Close what was opened."""
        await self.live.aclose()
        await self.uploads.aclose()
        await self.key_uses.aclose()
        await self.rates.aclose()
        await self.reserve_engine.dispose()
        await self.engine.dispose()
