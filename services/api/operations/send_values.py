"""A send as it is asked for, and what is answered when it is accepted."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import IO

from services.api.domain.authors import COMMAND_LINE, Author
from services.api.domain.composing import PersonalRow
from services.api.domain.link_shape import LinkShape
from services.api.domain.preflight import Preflight
from services.api.storage.reports import RecipientFilter
from shared.domain.consent import Category
from shared.domain.segments import Encoding

# What is answered of the rejected numbers: a sheet may hold a million of them.
REJECTED_LISTED = 10_000

# What came later than the first release is digested where it is there alone, or a repeat of a send
# that an older one took would be another.
_NOT_THE_SEND = {
    "agreed_segments",
    "author",
    "category",
    "copying",
    "file",
    "groups",
    "idempotency_key",
    "is_external",
    "mobiles",
    "rows",
}


@dataclass(frozen=True, slots=True)
class Copying:
    """A send that is the copy of a campaign, and by whose order.

    Attributes:
        which: Whom of the first's recipients it goes to: all, or those who did not click.
    """

    campaign_uuid: uuid.UUID
    author: Author
    which: RecipientFilter = RecipientFilter.ALL


@dataclass(frozen=True, slots=True, repr=False)
class SendCommand:
    """A send as the client asked for it, in our own terms.

    Attributes:
        mobiles: The numbers as written: one text with separators, or one text a number.
        body: The message with the sender's own links in it; None if each row brings its own.
        rows: Texts of each recipient's own, instead of ``mobiles``.
        upload_id: The upload that has such rows.
        groups: Names or ids of the contact groups that have them.
        copy_of: The campaign whose texts and recipients these are, where texts are personal.
        file: A file that has such rows, on disk; open for as long as the send is taken in.
        file_sha256: Hexadecimal digest of its content.
        encoding: None chooses by the text.
        is_smart: Whether look-alikes replace what GSM-7 lacks; None is as the account has it.
        link_shape: None is as the sender ID or the account has it.
        is_dry_run: Everything but storing and sending.
        schedule_time: When it is to go out, as written; None: at once.
        is_external: Whether another vendor delivers it, and its links alone are wanted.
        category: What it is for; marketing goes to nobody who opted out.
        agreed_segments: What all of it may take at most, as its sender saw it; None: as many as
            it takes.
        author: Who sends, for the audit trail; no part of what makes a send the same.
    """

    mobiles: str | Sequence[str] = ""
    body: str | None = None
    rows: Sequence[PersonalRow] | None = None
    upload_id: uuid.UUID | None = None
    groups: Sequence[str] = ()
    copy_of: uuid.UUID | None = None
    copying: Copying | None = None
    file: IO[bytes] | None = None
    file_sha256: str | None = None
    title: str = ""
    sender_id: str = ""
    track_link: bool = False
    append_http: bool = True
    link_shape: LinkShape | None = None
    encoding: Encoding | None = None
    is_smart: bool | None = None
    is_flash: bool = False
    drop_duplicates: bool = False
    is_dry_run: bool = False
    idempotency_key: str | None = None
    dlt_entity_id: str | None = None
    dlt_template_id: str | None = None
    schedule_time: str | None = None
    is_external: bool = False
    category: Category = Category.MARKETING
    agreed_segments: int | None = None
    author: Author = COMMAND_LINE

    def digest(self) -> bytes:
        """Digest all that makes two requests the same send, a list of numbers in any form."""
        asked = {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if each.name not in _NOT_THE_SEND
        }
        digest = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode())
        if self.is_external:
            digest.update(b"external")
        if self.category is not Category.MARKETING:
            digest.update(self.category.encode())
        if self.groups:
            digest.update(json.dumps(["groups", *self.groups]).encode())
        if self.copying is not None and self.copying.which is not RecipientFilter.ALL:
            # Whom that leaves changes with every click; a repeat of the call is the same all the
            # same.
            chosen = ["copy", str(self.copying.campaign_uuid), self.copying.which]
            digest.update(json.dumps(chosen).encode())
            return digest.digest()
        mobiles = self.mobiles if isinstance(self.mobiles, str) else ",".join(self.mobiles)
        digest.update(mobiles.encode())
        for row in self.rows or ():
            values = [row.mobiles, sorted(row.values.items()), row.text]
            digest.update(json.dumps(values).encode())
        return digest.digest()


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
        rejected: The first of the numbers that are not sent to.
        segment_count: Of the longest message.
        segment_total: Of all messages.
        cost: Decimal digits, in ``currency``; None if no price is agreed.
        sample_text: The text as the first recipient gets it.
        destination: Of the first recipient's link, as the sender wrote it.
        preflight: Only of a dry run.
        scheduled_at: When it goes out, ISO 8601 in UTC; None: at once.
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
    segment_total: int
    cost: str | None
    currency: str | None
    sample_text: str
    destination: str | None
    sample_link: str | None
    preflight: Preflight | None = None
    is_replayed: bool = False
    rejected_count: int = 0
    scheduled_at: str | None = None

    @property
    def is_dry_run(self) -> bool:
        """Whether nothing was stored and nothing will be sent."""
        return self.preflight is not None

    def to_bytes(self) -> bytes:
        """Return it as it is kept for a repeat; a dry run is not kept."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, kept: bytes) -> "Accepted":
        """Return the answer that was kept."""
        values = json.loads(kept)
        values["rejected"] = [Rejected(**rejected) for rejected in values["rejected"]]
        return cls(**values)
