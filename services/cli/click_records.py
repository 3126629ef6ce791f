"""Looking into journals, and whether all that is kept of clicks agrees with them."""

import asyncio
import sys
from datetime import UTC, datetime
from ipaddress import IPv6Address
from pathlib import Path

from services.redirector.journal.reader import open_journal
from services.redirector.journal.records import Hit
from services.redirector.recorder.reconciling import reconcile

BATCH_HITS = 1_000


def inspect_journal(path: Path, *, limit: int | None) -> None:
    """Print the records of a journal, one a line, and what of it is none.

    Addresses and request lines are the visitors' own: show them to nobody who need not know.

    Raises:
        SystemExit: There is no such file, it is a folder, or nothing in it is a record.
    """
    if path.is_dir():
        sys.exit(f"txlink: {path} is a folder: name one of the journals in it")
    with open_journal(path) as journal:
        if journal is None:
            sys.exit(f"txlink: there is no journal {path}")
        offset = shown = skipped = 0
        while (found := journal.read(offset, limit=BATCH_HITS)).end:
            for at, hit in found.hits:
                if limit is not None and shown >= limit:
                    return
                print(_line(offset + at, hit))
                shown += 1
            skipped += found.skipped_octets
            offset += found.end
        state = "is complete" if journal.is_complete else "is being written"
        torn = journal.size() - offset
        if not shown and journal.size():
            sys.exit(f"txlink: {path} is no journal, or all of it is damaged")
    print(f"{shown} records; {skipped} octets are damaged, {torn} at its end are no whole record")
    print(f"the journal {state}")


def show_reconciliation(database_url: str, data_dir: Path) -> None:
    """Print whether journals, hits and counts agree.

    Raises:
        SystemExit: They do not (status 1), or cannot be compared.
    """
    try:
        found = asyncio.run(reconcile(database_url, data_dir / "journal"))
    except OSError as error:
        sys.exit(f"txlink: nothing can be compared: {error}")
    print(f"{found.hits:,} hits are stored")
    print(
        f"journals on this host: {found.journaled:,} records recorded, {found.waiting:,} waiting,"
        f" {found.quarantined:,} in quarantine"
    )
    if found.marked_campaigns:
        print(
            f"{found.let_go:,} hits were let go of, of {found.marked_campaigns:,} campaigns with a"
            " limit: they are in all sums, and for whom or what cannot be proven any more"
        )
    for difference in found.differences:
        print(f"APART  {difference}")
    if found.differences:
        sys.exit(1)
    print("journals = hits = counts by recipient = counts by campaign = rollups")


def _line(offset: int, hit: Hit) -> str:
    at = datetime.fromtimestamp(hit.occurred_ns / 1e9, UTC).isoformat(timespec="milliseconds")
    address = IPv6Address(hit.address)
    shown = str(address.ipv4_mapped or address)
    first_line = hit.head.split(b"\r\n", 1)[0].decode("ascii", "backslashreplace")
    cut = " (cut)" if hit.is_cut else ""
    return (
        f"{offset:>10}  {at}  {shown:<15}  link {hit.link_number} of {hit.token_length}"
        f" characters  {first_line}  {len(hit.head)} octets{cut}"
    )
