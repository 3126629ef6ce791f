"""The queue, as PgQueuer declares it.

Revision: 0006, after 0005
"""

from typing import TYPE_CHECKING, cast

from alembic import op
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment

if TYPE_CHECKING:
    from sqlalchemy.engine import AdaptedConnection

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def execute_script(script: str) -> None:
    """Run several statements at once, which only the driver's own connection takes."""
    adapter = cast("AdaptedConnection", op.get_bind().connection.dbapi_connection)
    adapter.run_async(lambda driver: driver.execute(script))


def upgrade() -> None:
    execute_script(QueryBuilderEnvironment().build_install_query())


def downgrade() -> None:
    execute_script(QueryBuilderEnvironment().build_uninstall_query())
