"""What each recipient reads."""

import pytest

from services.worker.storage.campaigns import MessageText, TrackedLinks
from services.worker.wording import bodies
from shared.domain.tokens import TokenCipher

KEY = bytes(range(32))
LINKS = TrackedLinks(prefix="tx1.in/", first_link=5_000, token_length=6, token_key=KEY)
CIPHER = TokenCipher(KEY, 6)


def a_text(before: str = "Offer: ", after: str | None = ". Bye") -> MessageText:
    return MessageText(before, after, "GSM-7", 1)


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
    texts = bodies([a_text()] * len(positions), LINKS, positions)

    assert texts == [
        f"Offer: tx1.in/{CIPHER.mint(5_000 + position)}. Bye" for position in positions
    ]


def test_each_recipient_reads_their_own_text() -> None:
    own = [a_text("Hi Asha: ", "!"), a_text("Hi Ravi: ", "?")]

    assert bodies(own, LINKS, [4, 9]) == [
        f"Hi Asha: tx1.in/{CIPHER.mint(5_004)}!",
        f"Hi Ravi: tx1.in/{CIPHER.mint(5_009)}?",
    ]


def test_without_a_link_a_text_is_read_as_it_is() -> None:
    assert bodies([a_text(after=None)] * 3, None, range(3)) == ["Offer: "] * 3
