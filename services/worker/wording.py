"""Writing out what each recipient reads; it is computed, never stored."""

from collections.abc import Sequence

from services.worker.storage.campaigns import CampaignToSend, TrackedLink
from shared.domain.tokens import TokenCipher


def bodies(campaign: CampaignToSend, positions: Sequence[int]) -> list[str]:
    """Return the texts of the messages at some positions, which rise, in their order."""
    link = campaign.link
    if link is None:
        return [campaign.body_before] * len(positions)
    head = campaign.body_before + link.prefix
    return [head + token + link.body_after for token in _tokens(link, positions)]


def _tokens(link: TrackedLink, positions: Sequence[int]) -> list[str]:
    cipher = TokenCipher(link.token_key, link.token_length)
    tokens: list[str] = []
    for run in _runs(positions):
        tokens += cipher.mint_block(link.first_link + run.start, len(run))
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
