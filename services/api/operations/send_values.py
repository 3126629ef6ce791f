"""A send as it is asked for, and what is answered when it is accepted."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from shared.domain.segments import Encoding


@dataclass(frozen=True, slots=True, repr=False)
class SendCommand:
    """A send as the client asked for it, in our own terms.

    Attributes:
        mobiles: The numbers as written: one text with separators, or one text a number.
        body: The message with the sender's own links in it.
        encoding: None chooses by the text.
        is_dry_run: Everything but storing and sending.
    """

    mobiles: str | Sequence[str]
    body: str
    title: str = ""
    sender_id: str = ""
    track_link: bool = False
    append_http: bool = True
    encoding: Encoding | None = None
    is_flash: bool = False
    drop_duplicates: bool = False
    is_dry_run: bool = False
    idempotency_key: str | None = None
    dlt_entity_id: str | None = None
    dlt_template_id: str | None = None

    def digest(self) -> bytes:
        """Digest all that makes two requests the same send, a list of numbers in any form."""
        mobiles = self.mobiles if isinstance(self.mobiles, str) else ",".join(self.mobiles)
        asked = asdict(replace(self, mobiles=mobiles, idempotency_key=None))
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).digest()


@dataclass(frozen=True, slots=True, repr=False)
class Rejected:
    """A number that is not sent to, as the client wrote it, and why."""

    mobile: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True, repr=False)
class Accepted:
    """What was accepted.

    Attributes:
        uuid: The campaign's; None of a dry run, which makes none.
        transaction_id: What old clients know the campaign by; None of a dry run.
        accepted_at: ISO 8601 in UTC.
        mobiles: The recipients, separated by commas.
        sample_text: The body as the first recipient gets it.
        is_replayed: Whether an earlier answer is given again.
    """

    uuid: str | None
    transaction_id: int | None
    accepted_at: str
    mobiles: str
    recipient_count: int
    duplicate_count: int
    rejected: list[Rejected]
    encoding: str
    segment_count: int
    sample_text: str
    destination: str | None
    sample_link: str | None
    is_dry_run: bool
    is_replayed: bool = False

    def to_bytes(self) -> bytes:
        """Return it as it is kept for a repeat."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, kept: bytes) -> "Accepted":
        """Return the answer that was kept."""
        values = json.loads(kept)
        values["rejected"] = [Rejected(**rejected) for rejected in values["rejected"]]
        return cls(**values)
