from dataclasses import replace

import pytest

from services.api.domain.preflight_input import PreflightWarning
from services.api.domain.preflight_links import link_warnings
from shared.domain.segments import Encoding
from tests.support.dry_runs import BARE_LINK, SHORT_LINK, a_dry_message, a_dry_run


def the_warning(
    code: str, written: str, short_link: str | None, encoding: Encoding | None = None
) -> PreflightWarning | None:
    message = a_dry_message(written, short_link=short_link, encoding=encoding)
    run = replace(a_dry_run(message), append_http=short_link != BARE_LINK, encoding=encoding)
    found = [each for each in link_warnings(run) if each.code == code]
    assert len(found) < 2
    return found[0] if found else None


@pytest.mark.parametrize(
    ("written", "short_link", "stuck"),
    [
        pytest.param("-a.in/x now", BARE_LINK, "'-'", id="bare, dash before"),
        pytest.param("_a.in/x now", BARE_LINK, "'_'", id="bare, underscore before"),
        pytest.param(".a.in/x now", BARE_LINK, "'.'", id="bare, full stop before"),
        pytest.param("Link:a.in/x now", BARE_LINK, "':'", id="bare, colon before"),
        pytest.param("xhttps://a.in/x now", BARE_LINK, "'x'", id="bare, letter before"),
        pytest.param("1https://a.in/x now", BARE_LINK, "'1'", id="bare, digit before"),
        pytest.param("@https://a.in/x now", BARE_LINK, "'@'", id="bare, at sign before"),
        pytest.param("/https://a.in/x now", BARE_LINK, "'/'", id="bare, slash before"),
        pytest.param("देखेंhttps://a.in/x", BARE_LINK, "'ं'", id="bare, Hindi mark before"),
        pytest.param("a.in/x)y", BARE_LINK, "')y'", id="bare, letter behind a bracket"),
        pytest.param("a.in/x।अब", BARE_LINK, "'।अ'", id="bare, no blank behind a danda"),
        pytest.param("xhttps://a.in/x now", SHORT_LINK, "'x'", id="letter before"),
        pytest.param("5https://a.in/x now", SHORT_LINK, "'5'", id="digit before"),
        pytest.param("こちらhttps://a.in/x", SHORT_LINK, "'ら'", id="Japanese letter before"),
        pytest.param("tonight.https://a.in/x", SHORT_LINK, "'.'", id="full stop before"),
        pytest.param("https://a.in/xご覧", SHORT_LINK, "'ご'", id="Japanese letter behind"),
        pytest.param("https://a.in/x🔥50% off", SHORT_LINK, "'🔥5'", id="digit behind emoji"),
        pytest.param("https://a.in.Reply", SHORT_LINK, "'.R'", id="sentence without its blank"),
        pytest.param("(https://a.in/x)/(y", SHORT_LINK, "')/'", id="slash behind"),
        pytest.param("_https://a.in/x_", SHORT_LINK, "'_' and '_'", id="underscores around"),
        pytest.param("xhttps://a.in/x)y", SHORT_LINK, "'x' and ')y'", id="on both sides"),
    ],
)
def test_something_stuck_to_the_link_is_warned_of(
    written: str, short_link: str, stuck: str
) -> None:
    warned = the_warning("link_may_not_be_tappable", written, short_link)

    assert warned is not None
    assert f"with {stuck} right at it. Put a space there" in warned.message
    assert ("appendHttp=true" in warned.message) == (short_link == BARE_LINK)
    assert warned.mobiles == ("919876543210",)


@pytest.mark.parametrize("short_link", [SHORT_LINK, BARE_LINK])
@pytest.mark.parametrize(
    "written",
    [
        pytest.param("https://a.in/x", id="alone"),
        pytest.param("See https://a.in/x now", id="blanks"),
        pytest.param("See\nhttps://a.in/x\nnow", id="line feeds"),
        pytest.param("See https://a.in/x. Bye", id="full stop"),
        pytest.param("See https://a.in/x, https://a.in/x!", id="comma and exclamation mark"),
        pytest.param("(https://a.in/x)", id="brackets"),
        pytest.param('"https://a.in/x"now', id="quotation marks"),
        pytest.param("'https://a.in/x'", id="apostrophes"),
        pytest.param("*https://a.in/x*", id="asterisks"),
        pytest.param("देखें https://a.in/x।", id="danda"),
        pytest.param("🔥\ufe0fhttps://a.in/x🔥 now", id="emoji"),
        pytest.param("1\ufe0f\u20e3https://a.in/x", id="keycap"),
    ],
)
def test_link_that_stands_free_is_not_warned_of(written: str, short_link: str) -> None:
    assert the_warning("link_may_not_be_tappable", written, short_link) is None


def test_colon_before_https_is_not_warned_of() -> None:
    assert the_warning("link_may_not_be_tappable", "Link:https://a.in/x", SHORT_LINK) is None


OWN_20 = "https://a.in/abcdefg"


@pytest.mark.parametrize(
    ("written", "short_link", "encoding", "says"),
    [
        pytest.param(
            f"{'x' * 139} {OWN_20}",
            SHORT_LINK,
            None,
            "takes 2 segments instead of 1 with your own link. Shorten the text by 1 character ",
            id="tracking alone adds it",
        ),
        pytest.param(
            f"{'x' * 150} {OWN_20}",
            SHORT_LINK,
            None,
            "takes 2 segments instead of 1 without. Shorten the text by 12 characters ",
            id="the link itself",
        ),
        pytest.param(
            f"{'x' * 60} https://a.in/x",
            BARE_LINK,
            Encoding.UCS_2,
            "takes 2 segments instead of 1 without. Shorten the text by 4 characters ",
            id="msgType=unicode",
        ),
        pytest.param(
            f"{'x' * 145} https://a.in/ऑफर",
            SHORT_LINK,
            None,
            "takes 2 segments instead of 1 without",
            id="own link makes it UCS-2",
        ),
        pytest.param(
            f"{'x' * 155} https://a.in/{'y' * 3100}",
            SHORT_LINK,
            None,
            "takes 2 segments instead of 1 without",
            id="own link over the limit",
        ),
        pytest.param(
            f"{'[' * 76} a.in/x {'[' * 1}",
            SHORT_LINK,
            None,
            "Shorten the text by 9 characters ",
            id="characters of two septets",
        ),
    ],
)
def test_segment_that_the_link_adds_is_warned_of(
    written: str, short_link: str, encoding: Encoding | None, says: str
) -> None:
    warned = the_warning("segment_added_by_link", written, short_link, encoding)

    assert warned is not None
    assert says in warned.message


@pytest.mark.parametrize(
    ("written", "short_link"),
    [
        pytest.param(f"{'x' * 138} {OWN_20}", SHORT_LINK, id="just fits"),
        pytest.param(f"{'x' * 200} {OWN_20}", SHORT_LINK, id="two segments without it"),
        pytest.param(f"See https://a.in/{'x' * 300}", SHORT_LINK, id="saves two"),
        pytest.param(f"{'x' * 180} https://a.in/x", None, id="not tracked"),
    ],
)
def test_link_that_adds_no_segment_is_not_warned_of(written: str, short_link: str | None) -> None:
    assert the_warning("segment_added_by_link", written, short_link) is None


def test_text_shortened_as_the_warning_says_takes_one_segment_less() -> None:
    shortened = a_dry_message(f"{'x' * 138} {OWN_20}")

    assert shortened.segmentation.count == 1


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(f"{'x' * 140} {OWN_20} {'y' * 143}", id="two full segments"),
        pytest.param(f"{'x' * 140} {OWN_20} {'y' * 296}", id="three full segments"),
    ],
)
def test_link_that_a_segment_ends_in_is_warned_of(written: str) -> None:
    warned = the_warning("link_splits", written, SHORT_LINK)

    assert warned is not None
    assert "nearer to the start" in warned.message


@pytest.mark.parametrize(
    ("written", "short_link"),
    [
        pytest.param(f"See {OWN_20}", SHORT_LINK, id="one segment"),
        pytest.param(f"{'x' * 140} {OWN_20} {'y' * 100}", SHORT_LINK, id="kept whole"),
        pytest.param(f"{'x' * 152} {OWN_20} {'y' * 131}", SHORT_LINK, id="begins a segment"),
        pytest.param(f"{'x' * 140} {OWN_20} {'y' * 143}", None, id="not tracked"),
    ],
)
def test_link_in_one_segment_is_not_warned_of(written: str, short_link: str | None) -> None:
    assert the_warning("link_splits", written, short_link) is None


def test_warning_names_the_recipients_whom_it_concerns() -> None:
    run = a_dry_run(
        a_dry_message("https://a.in/x", mobile="1"),
        a_dry_message("xhttps://a.in/x", mobile="2"),
        a_dry_message("yhttps://a.in/x", mobile="3"),
    )

    (warned,) = link_warnings(run)

    assert warned.mobiles == ("2", "3")
