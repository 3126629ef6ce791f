"""The composition root: what one API process holds, and what each part of it is handed."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.authors import Author
from services.api.domain.upload_errors import AccountUploadsBusyError, UploadsBusyError
from services.api.operations.accepting import SendContext
from services.api.operations.account_places import AccountPlaces
from services.api.operations.authenticate import Caller
from services.api.operations.change_account import AccountOrders
from services.api.operations.change_allow_lists import AllowListOrders
from services.api.operations.change_destinations import DestinationOrders
from services.api.operations.change_links import LinkOrders
from services.api.operations.control_campaigns import CampaignOrders
from services.api.operations.failure_notes import FailureNotes
from services.api.operations.follow_campaign import LiveEvents
from services.api.operations.key_uses import KeyUses
from services.api.operations.large_sends import LargeSends
from services.api.operations.limit_rates import RateLimiter
from services.api.operations.make_spreadsheets import SpreadsheetMaker
from services.api.operations.manage_groups import GroupOrders
from services.api.operations.manage_keys import KeyOrders
from services.api.operations.manage_suppressions import OptOutOrders
from services.api.operations.manage_users import UserOrders
from services.api.operations.passwords import PasswordWork
from services.api.operations.prove_logins import Logins
from services.api.operations.second_factors import FactorSeals, OwnUser
from services.api.operations.sessions import SessionLimits
from services.api.operations.set_up_owner import OwnerSetUp
from services.api.operations.sign_in import SignsIn
from services.api.operations.sign_in_rules import RuleOrders
from services.api.operations.upload_reading import UploadReader
from services.api.schemas.incoming_body import FileLimits
from services.api.settings import ApiSettings
from services.api.storage.accounts import Account
from services.api.storage.sessions import StoredSession
from shared.clock import Clock, SystemClock
from shared.domain.sealing import Sealer
from shared.domain.trusted_proxies import IpAddress
from shared.storage.engine import create_engine

# Lists that are taken in at a time: each reads a file in a process of its own, and contacts hold
# a connection meanwhile.
MAX_IMPORTS = 4
MAX_IMPORTS_PER_ACCOUNT = 2


@dataclass(frozen=True, slots=True)
class ApiContext:
    """What an API process holds for as long as it lives.

    Attributes:
        reserve_engine: Connections that no send can hold for long.
        imports: Places for lists of opt-outs and contacts that are taken in.
        sealer: Seals secrets before they are stored, and opens them.
        password_work: Bounds how many passwords are worked on at a time.
        long_looks: Lets one long list of numbers be counted at a time that is still being typed.
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
    rates: RateLimiter
    imports: AccountPlaces
    sealer: Sealer
    password_work: PasswordWork
    failure_notes: FailureNotes
    logins: Logins
    long_looks: asyncio.Semaphore

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
        password_work = PasswordWork(
            concurrency=settings.password_concurrency,
            max_waiting=settings.max_waiting_passwords,
        )
        failure_notes = FailureNotes(engine)
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
            rates=RateLimiter(reserve_engine),
            imports=AccountPlaces(
                MAX_IMPORTS,
                per_account=MAX_IMPORTS_PER_ACCOUNT,
                when_full=UploadsBusyError,
                when_account_full=AccountUploadsBusyError,
            ),
            sealer=sealer,
            password_work=password_work,
            failure_notes=failure_notes,
            logins=Logins(engine, password_work, failure_notes),
            long_looks=asyncio.Semaphore(1),
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

    def to_account_orders(self, account: Account, author: Author) -> AccountOrders:
        """Return what an account says with how it sends, and as whom."""
        return AccountOrders(
            self.engine,
            account.id,
            author,
            self.settings.short_domain,
            may_be_private=self.settings.private_destinations,
        )

    def to_key_orders(self, caller: Caller, author: Author) -> KeyOrders:
        """Return what a caller gives orders to the account's keys with."""
        return KeyOrders(
            self.engine,
            self.clock,
            caller.account.id,
            author,
            caller.scopes,
            is_proved=self.has_proved(caller),
        )

    def to_allow_list_orders(self, account: Account, author: Author) -> AllowListOrders:
        """Return what an account says with where it may be used from."""
        return AllowListOrders(self.engine, account.id, author)

    def to_destination_orders(self, account: Account, author: Author) -> DestinationOrders:
        """Return what an account says with where its links may lead."""
        return DestinationOrders(self.engine, account.id, author)

    def to_opt_out_orders(self, account: Account, author: Author) -> OptOutOrders:
        """Return what an account reads and changes its opt-outs with."""
        return OptOutOrders(self.engine, account, author)

    def to_group_orders(self, account: Account, author: Author) -> GroupOrders:
        """Return what an account reads and changes its contact groups with."""
        return GroupOrders(self.engine, account, author, self.settings.max_recipients)

    def to_user_orders(self, caller: Caller, author: Author) -> UserOrders:
        """Return what a caller gives orders to the account's users with."""
        return UserOrders(
            self.engine,
            self.password_work,
            caller.account.id,
            author,
            caller.scopes,
            is_proved=self.has_proved(caller),
        )

    def has_proved(self, caller: Caller) -> bool:
        """Tell whether a caller has proved of late who they are."""
        return caller.has_proved(timedelta(seconds=self.settings.session_proof_s))

    def to_rule_orders(self, caller: Caller, author: Author) -> RuleOrders:
        """Return what an account says with how its users are let in."""
        is_proved = self.has_proved(caller)
        return RuleOrders(self.engine, caller.account.id, author, is_proved=is_proved)

    def to_session_limits(self) -> SessionLimits:
        """Return how long sessions last."""
        return SessionLimits(
            idle=timedelta(seconds=self.settings.session_idle_s),
            life=timedelta(seconds=self.settings.session_life_s),
        )

    def to_signs_in(self) -> SignsIn:
        """Return what lets users of the console in."""
        seals = FactorSeals(self.sealer, self.clock)
        return SignsIn(self.engine, self.logins, seals, self.to_session_limits())

    def to_owner_set_up(self) -> OwnerSetUp:
        """Return what makes the first user of the console."""
        return OwnerSetUp(self.engine, self.password_work, self.sealer, self.clock)

    def to_own_user(self, session: StoredSession, address: IpAddress | None) -> OwnUser:
        """Return what a user who is signed in changes their password and factor with."""
        return OwnUser(
            engine=self.engine,
            logins=self.logins,
            work=self.password_work,
            seals=FactorSeals(self.sealer, self.clock),
            session=session,
            address=address,
        )

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
        self.failure_notes.start()

    async def aclose(self) -> None:
        """Close what was opened."""
        await self.live.aclose()
        await self.uploads.aclose()
        await self.key_uses.aclose()
        await self.rates.aclose()
        await self.failure_notes.aclose()
        await self.reserve_engine.dispose()
        await self.engine.dispose()
