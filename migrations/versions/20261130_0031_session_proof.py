"""When the user of a session last proved who they are.

Revision: 0031, after 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Sessions that there are have proved nothing of late. Of those that the release before goes
    # on to begin, signing in is the proof.
    op.add_column("user_session", sa.Column("proved_at", sa.DateTime(timezone=True)))
    op.alter_column("user_session", "proved_at", server_default=sa.func.now())


def downgrade() -> None:
    op.drop_column("user_session", "proved_at")
