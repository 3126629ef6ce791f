"""What a database needs before the services run on it: schema, roles with their grants, seals."""

import asyncio
import sys

from services.cli.migrating import includes, migrate
from services.cli.secrets_at_rest import seal_all
from services.cli.storage.databases import find_revision
from services.cli.storage.roles import RolesRefusedError, ServiceRoles, apply_roles
from shared.domain.sealing import SETTING, Sealer
from shared.storage.sealed_columns import SEALED_COLUMNS, require_keys

# From this revision on every process can open what is sealed.
FIRST_SEALED = "0026"
LATER = (
    "txlink: secrets are yet plain, since processes of the release before cannot open sealed "
    "ones; once these are replaced: txlink secrets rotate"
)


def prepare(
    database_url: str, roles: ServiceRoles | None, sealer: Sealer | None, *, is_idle: bool = False
) -> None:
    """Bring a database to the newest schema, give the services what they may do, seal secrets.

    Args:
        database_url: As the owner logs in.
        roles: The services' roles; None leaves them alone.
        sealer: What secrets are sealed with; None leaves them as they are.
        is_idle: Whether surely no process of the release before is running.

    Raises:
        RolesRefusedError: Passwords are to be set, and the owner may not make the roles.
        SettingsError: Secrets are sealed under a key that is not there.
    """
    before = asyncio.run(find_revision(database_url))
    migrate(database_url)
    if roles is not None:
        _apply(database_url, roles)
    if sealer is None:
        print(f"txlink: secrets stay as they are: {SETTING} is not set", file=sys.stderr)
    elif is_idle or before is None or includes(before, FIRST_SEALED):
        asyncio.run(require_keys(database_url, sealer, SEALED_COLUMNS))
        seal_all(database_url, sealer)
    else:
        print(LATER, file=sys.stderr)


def _apply(database_url: str, roles: ServiceRoles) -> None:
    try:
        asyncio.run(apply_roles(database_url, roles))
    except RolesRefusedError as error:
        if roles.passwords:
            raise
        # Who has one role for all goes on with it.
        print(f"txlink: {error}; or leave it by --no-roles", file=sys.stderr)
