"""Links of a text told apart: tracked, or left as they are."""

import pytest

from services.api.domain.link_marks import LinkMark, MarkedPart, mark_links
from services.api.domain.sample_numbers import ANYWHERE, sample_mobile
from shared.domain.msisdn import NumberRules, parse_msisdn

TRACKED, LEFT = LinkMark.TRACKED, LinkMark.LEFT
SHORT = "https://tx1.in/SAlhjS"


@pytest.mark.parametrize(
    ("text", "tracked", "marks"),
    [
        ("", None, []),
        ("no link", None, [("no link", None)]),
        (f"a {SHORT}.", SHORT, [("a ", None), (SHORT, TRACKED), (".", None)]),
        (
            f"see www.example.com or {SHORT}",
            SHORT,
            [("see ", None), ("www.example.com", LEFT), (" or ", None), (SHORT, TRACKED)],
        ),
        (f"{SHORT} {SHORT}", SHORT, [(SHORT, LEFT), (" ", None), (SHORT, TRACKED)]),
        ("at http://a.example.com", None, [("at ", None), ("http://a.example.com", LEFT)]),
        ("it is not there", SHORT, [("it is not there", None)]),
    ],
    ids=["empty", "none", "alone", "behind another", "twice", "untracked", "missing"],
)
def test_links_are_marked(
    text: str, tracked: str | None, marks: list[tuple[str, LinkMark | None]]
) -> None:
    parts = mark_links(text, tracked)

    assert parts == [MarkedPart(*each) for each in marks]
    assert "".join(part.text for part in parts) == text


@pytest.mark.parametrize("region", ["IN", "US", "GB", "AE"])
def test_the_sample_of_a_region_is_a_mobile_number_there(region: str) -> None:
    number = sample_mobile(region)

    assert str(parse_msisdn(f"+{number}", NumberRules(region))) == number


def test_a_region_without_one_has_the_sample_of_nobody() -> None:
    assert sample_mobile("ZZ") == ANYWHERE
