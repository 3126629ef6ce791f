"""What each recipient reads."""

import pytest

from services.worker.carriers.port import SendingTerms
from services.worker.storage.campaigns import CampaignToSend, TrackedLink
from services.worker.wording import bodies
from shared.domain.tokens import TokenCipher

KEY = bytes(range(32))
TERMS = SendingTerms(
    account_id=1,
    sender_id="TXTIND",
    encoding="gsm7",
    segment_count=1,
    is_flash=False,
    dlt_entity_id=None,
    dlt_template_id=None,
)


def a_campaign(*, link: TrackedLink | None) -> CampaignToSend:
    return CampaignToSend(7, "sandbox", TERMS, "Offer: ", link)


@pytest.mark.parametrize(
    "positions",
    [
        pytest.param(range(100, 200), id="one-window"),
        pytest.param([3], id="one"),
        pytest.param([0, 1, 2, 7, 8, 40], id="with-gaps"),
    ],
)
def test_each_recipient_reads_the_token_of_their_own_link_number(
    positions: range | list[int],
) -> None:
    link = TrackedLink(
        body_after=". Bye", prefix="tx1.in/", first_link=5_000, token_length=6, token_key=KEY
    )
    cipher = TokenCipher(KEY, 6)

    texts = bodies(a_campaign(link=link), positions)

    assert texts == [
        f"Offer: tx1.in/{cipher.mint(5_000 + position)}. Bye" for position in positions
    ]


def test_without_a_link_all_read_the_same() -> None:
    assert bodies(a_campaign(link=None), range(3)) == ["Offer: "] * 3
