"""A new destination is held to the rules of a send's URL, and told of in its own words."""

import pytest

from services.api.domain.changed_destination import (
    DestinationRefusedError,
    SeveralDestinationsError,
    read_destination,
)

SHORT = {"tx1.in:8001"}


def read(link: str, before: str = "Sale: ", after: str = ". Reply STOP") -> tuple[str, str]:
    rewrite = read_destination(link, before=before, after=after, short_domains=SHORT)
    return rewrite.destination, rewrite.location


@pytest.mark.parametrize(
    ("link", "location"),
    [
        pytest.param("https://a.example.com/x?y=1", "https://a.example.com/x?y=1", id="whole"),
        pytest.param("a.example.com/x", "https://a.example.com/x", id="without scheme"),
        pytest.param("https://a.example.com/é", "https://a.example.com/%C3%A9", id="not ascii"),
    ],
)
def test_what_a_send_would_take_is_taken(link: str, location: str) -> None:
    assert read(link) == (link, location)


@pytest.mark.parametrize(
    ("link", "code", "told"),
    [
        pytest.param("", "no_link", "one whole web link", id="nothing"),
        pytest.param("no link", "no_link", "one whole web link", id="no link"),
        pytest.param("javascript:alert(1)", "no_link", "one whole web link", id="script"),
        pytest.param("see https://a.example.com", "no_link", "one whole", id="text before"),
        pytest.param("https://a.example.com ok", "no_link", "one whole", id="text behind"),
        pytest.param("https://a.in https://b.in", "no_link", "one whole", id="two"),
        pytest.param("https://tx1.in/SAlhjS", "own_short_link", "short domain", id="ours"),
        pytest.param("https://me:x@a.example.com", "userinfo_in_link", "password", id="userinfo"),
        pytest.param("https://a.example.com:99999/", "unusable_host", "port", id="port"),
        pytest.param(f"https://a.in/{'x' * 8_000}", "link_too_long", "too long", id="long"),
        pytest.param(f"https://a.in/{'x' * 20_000}", "msg_too_long", "too long", id="overlong"),
    ],
)
def test_what_a_send_would_not_take_is_refused_with_its_code(
    link: str, code: str, told: str
) -> None:
    with pytest.raises(DestinationRefusedError, match=told) as refused:
        read(link)

    assert (refused.value.told_code, refused.value.field) == (code, "destination")


def test_a_link_that_is_called_otherwise_is_refused_by_that_name() -> None:
    with pytest.raises(DestinationRefusedError, match="gone_url must be one whole") as refused:
        read_destination("nowhere", before="", after="", short_domains=set(), field="gone_url")

    assert refused.value.field == "gone_url"


def test_several_destinations_have_none_to_be_changed() -> None:
    assert SeveralDestinationsError().field == "destination"
