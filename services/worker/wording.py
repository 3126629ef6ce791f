"""Writing out what each recipient reads; it is computed, never stored."""

from collections.abc import Sequence

from services.worker.storage.campaigns import MessageText, TrackedLinks
from shared.domain.tokens import TokenCipher


def bodies(
    texts: Sequence[MessageText], links: TrackedLinks | None, positions: Sequence[int]
) -> list[str]:
    """Return what the recipients at some positions read.

    Args:
        texts: Around the links, one a position.
        links: Of the campaign; None if none is tracked.
        positions: In rising order.
    """
    if links is None:
        return [text.before for text in texts]
    tokens = _tokens(links, positions)
    return [
        text.before if text.after is None else f"{text.before}{links.prefix}{token}{text.after}"
        for text, token in zip(texts, tokens, strict=True)
    ]


def _tokens(links: TrackedLinks, positions: Sequence[int]) -> list[str]:
    cipher = TokenCipher(links.token_key, links.token_length)
    tokens: list[str] = []
    for run in _runs(positions):
        tokens += cipher.mint_block(links.first_link + run.start, len(run))
    return tokens


def _runs(positions: Sequence[int]) -> list[range]:
    """Cut rising positions into runs without a gap: minting a run costs as much as one token."""
    runs: list[range] = []
    for position in positions:
        if runs and runs[-1].stop == position:
            runs[-1] = range(runs[-1].start, position + 1)
        else:
            runs.append(range(position, position + 1))
    return runs
