"""Who is signed in, where users were seen, and failures to sign in."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import CIDR, INET

from shared.schema.metadata import METADATA

USER_SESSION = Table(
    "user_session",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("uuid", Uuid, nullable=False, unique=True, server_default=func.gen_random_uuid()),
    Column("account_id", BigInteger, ForeignKey("account.id"), nullable=False),
    Column("user_id", BigInteger, ForeignKey("account_user.id"), nullable=False, index=True),
    # Of what the cookie holds, and of what it held before: that one counts until its successor
    # was seen, and for a moment more.
    Column("token_sha256", LargeBinary, nullable=False, unique=True),
    Column("previous_sha256", LargeBinary, unique=True),
    Column("previous_until", DateTime(timezone=True)),
    # Of no use without the cookie.
    Column("csrf_token", Text, nullable=False),
    Column("address", INET),
    Column("agent", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("rotated_at", DateTime(timezone=True), nullable=False),
    # Noted once a minute, and with it when the session ends unless it is used again.
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False, index=True),
    # When its user last showed their password, and factor: by signing in, or once more.
    Column("proved_at", DateTime(timezone=True), server_default=func.now()),
    # Then it ends, however much it is used.
    Column("expires_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("octet_length(token_sha256) = 32", name="token_sha256"),
)

# Where a user's password was right; strangers' failures do not keep them out from there.
USER_NETWORK = Table(
    "user_network",
    METADATA,
    Column("account_id", BigInteger, ForeignKey("account.id"), nullable=False),
    Column("user_id", BigInteger, ForeignKey("account_user.id"), primary_key=True),
    Column("network", CIDR, primary_key=True),
    Column("seen_at", DateTime(timezone=True), nullable=False, index=True),
)

# Failures by what they are counted for; of logins and networks only a SHA-256, since what is
# given for a login may be anything, a password among them.
SIGN_IN_FAILURE = Table(
    "sign_in_failure",
    METADATA,
    Column("subject", LargeBinary, primary_key=True),
    Column("failure_count", Integer, nullable=False),
    Column("failed_at", DateTime(timezone=True), nullable=False, index=True),
)
