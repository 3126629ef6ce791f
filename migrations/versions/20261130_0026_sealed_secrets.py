"""Room for secrets that are sealed: webhooks' and those that tokens are made with.

Processes of the release before cannot open what is sealed. Once the last of them has been
replaced, `txlink secrets rotate` seals what is there.

Revision: 0026, after 0025
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

CHECKS = {
    # Table, name and column: the octets of plain ones, and of those that may be sealed.
    ("token_domain", "token_domain_key_check", "key"): ("= 32", "BETWEEN 32 AND 512"),
    ("webhook", "webhook_secret_check", "secret"): ("BETWEEN 24 AND 64", "BETWEEN 24 AND 512"),
}


def _replace(form: int) -> None:
    for (table, name, column), rules in CHECKS.items():
        op.drop_constraint(op.f(name), table)
        op.create_check_constraint(op.f(name), table, f"octet_length({column}) {rules[form]}")


def upgrade() -> None:
    _replace(1)


def downgrade() -> None:
    _replace(0)
