"""Dry runs to look over, built from the text that a sender wrote."""

from collections.abc import Mapping

from services.api.domain.preflight_input import DryMessage, DryRun
from services.api.domain.rewriting import plan_rewrite
from shared.domain.segments import Encoding, segment

SHORT_LINK = "https://tx1.in/SAlhjS"
BARE_LINK = "tx1.in/SAlhjS"
HEADER_LINK = "https://tx1.in/SAMRAT/SAlhjS"


def a_dry_message(
    written: str,
    *,
    short_link: str | None = SHORT_LINK,
    mobile: str = "919876543210",
    values: Mapping[str, str] | None = None,
    encoding: Encoding | None = None,
) -> DryMessage:
    """Build a message; its last link is tracked unless ``short_link`` is None."""
    text = written
    if short_link:
        text = plan_rewrite(written, short_domains=frozenset()).with_link(short_link)
    segmentation = segment(text, keep_whole=short_link, encoding=encoding)
    return DryMessage(mobile, written, text, segmentation, short_link, values or {})


def a_dry_run(*messages: DryMessage) -> DryRun:
    """Build a send of these messages and no others; ``replace`` changes it."""
    total = sum(message.segmentation.count for message in messages)
    return DryRun(messages=messages, total_segments=total, short_domain="tx1.in")
