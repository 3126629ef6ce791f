"""A text is cut at its short links and at nothing else, and put together it is the text again."""

import pytest

from services.api.domain.tappable_links import cut_at_links

DOMAIN = "tx1.in"


@pytest.mark.parametrize(
    ("text", "links"),
    [
        pytest.param(
            "See https://tx1.in/SAlhjS. Bye", [("https://tx1.in/SAlhjS", "/SAlhjS")], id="whole"
        ),
        pytest.param("tx1.in/SAlhjS", [("tx1.in/SAlhjS", "/SAlhjS")], id="without scheme"),
        pytest.param(
            "https://tx1.in/ACMEIN/SAlhjS9x!",
            [("https://tx1.in/ACMEIN/SAlhjS9x", "/ACMEIN/SAlhjS9x")],
            id="header",
        ),
        pytest.param(
            "a tx1.in/AAAAAA b tx1.in/BBBBBB",
            [("tx1.in/AAAAAA", "/AAAAAA"), ("tx1.in/BBBBBB", "/BBBBBB")],
            id="two",
        ),
        pytest.param("https://example.com/SAlhjS", [], id="another domain"),
        pytest.param("https://notx1.in/SAlhjS", [], id="longer domain"),
        pytest.param("https://a.tx1.in/SAlhjS", [], id="below the domain"),
        pytest.param("https://evil.example/tx1.in/SAlhjS", [], id="in a path"),
        pytest.param("x@tx1.in/SAlhjS", [], id="an address of mail"),
        pytest.param("tx1xin/SAlhjS", [], id="the dot is a dot"),
        pytest.param("tx1.in/SAlhj", [], id="too short"),
        pytest.param("tx1.in/SAlhjSabc", [], id="too long"),
        pytest.param("tx1.in/SAlhjS/more/still", [], id="goes on"),
        pytest.param("", [], id="empty"),
    ],
)
def test_links_are_found(text: str, links: list[tuple[str, str]]) -> None:
    parts = list(cut_at_links(text, DOMAIN))

    assert [(part.text, part.path) for part in parts if part.path] == links
    assert "".join(part.text for part in parts) == text
