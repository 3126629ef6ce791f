from dataclasses import replace
from typing import Any

import pytest

from services.api.domain.link_shape import LinkShape
from services.api.domain.preflight_dlt import dlt_warnings
from services.api.domain.preflight_input import DryMessage, DryRun
from tests.support.dry_runs import BARE_LINK, HEADER_LINK, SHORT_LINK, a_dry_message, a_dry_run

BODY = "Dear customer, see https://shop.example.com/x"
LINK_39 = "https://offers.example.in/SAMRAT/SAlhjS"
LINK_41 = "https://offers.example.info/SAMRAT/SAlhjS"


def a_registered_run(*messages: DryMessage) -> DryRun:
    """Build a send that no operator drops."""
    return replace(
        a_dry_run(*messages),
        link_shape=LinkShape.HEADER,
        sender_id="SAMRAT",
        registered_domains=frozenset({"tx1.in"}),
        dlt_entity_id="1001",
        dlt_template_id="1007",
    )


def codes(run: DryRun) -> list[str]:
    return [each.code for each in dlt_warnings(run)]


def test_registered_send_is_not_warned_of() -> None:
    assert codes(a_registered_run(a_dry_message(BODY, short_link=HEADER_LINK))) == []


@pytest.mark.parametrize(
    ("changes", "code", "says"),
    [
        pytest.param(
            {"append_http": False}, "dlt_no_scheme", "appendHttp=true", id="without https://"
        ),
        pytest.param(
            {"link_shape": LinkShape.TOKEN}, "dlt_no_header", "linkShape=header", id="no header"
        ),
        pytest.param(
            {"registered_domains": frozenset({"other.in"})},
            "dlt_unregistered_domain",
            "tx1.in is not registered for the links of sender ID SAMRAT",
            id="another domain is registered",
        ),
        pytest.param(
            {"registered_domains": frozenset(), "sender_id": ""},
            "dlt_unregistered_domain",
            "sender ID none",
            id="nothing is registered",
        ),
        pytest.param(
            {"dlt_template_id": None, "append_http": False},
            "dlt_no_scheme",
            "operators would drop",
            id="only an entity id",
        ),
        pytest.param(
            {"dlt_entity_id": None, "append_http": False},
            "dlt_no_scheme",
            "operators would drop",
            id="only a template id",
        ),
    ],
)
def test_link_that_would_be_scrubbed_is_warned_of(
    changes: dict[str, Any], code: str, says: str
) -> None:
    run = replace(a_registered_run(a_dry_message(BODY, short_link=HEADER_LINK)), **changes)

    (warned,) = dlt_warnings(run)

    assert warned.code == code
    assert says in warned.message
    assert warned.mobiles == ("919876543210",)


def test_registered_domain_is_compared_without_case() -> None:
    message = a_dry_message(BODY, short_link=HEADER_LINK)

    assert codes(replace(a_registered_run(message), short_domain="TX1.in")) == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"dlt_entity_id": None, "dlt_template_id": None}, id="no ids"),
        pytest.param({"dlt_entity_id": "", "dlt_template_id": ""}, id="empty ids"),
    ],
)
def test_send_without_dlt_is_not_warned_of(changes: dict[str, Any]) -> None:
    message = a_dry_message(BODY, short_link=BARE_LINK, values={"a": "see " * 20})

    run = replace(
        a_registered_run(message),
        link_shape=LinkShape.TOKEN,
        append_http=False,
        short_domain="x.in",
        **changes,
    )

    assert codes(run) == []


def test_link_of_the_senders_own_is_not_held_to_the_short_links_rules() -> None:
    run = replace(
        a_registered_run(a_dry_message(BODY, short_link=None)),
        link_shape=LinkShape.TOKEN,
        append_http=False,
    )

    assert codes(run) == []


@pytest.mark.parametrize(
    ("written", "short_link", "values", "named"),
    [
        pytest.param(BODY, LINK_41, {}, "the short link (41 characters)", id="short link"),
        pytest.param(
            f"Dear {'x' * 41}", None, {"name": "x" * 41}, "{name} (41 characters)", id="value"
        ),
        pytest.param(
            f"{'a' * 50} {'b' * 60} {BODY}",
            LINK_41,
            {"city": "a" * 50, "name": "b" * 60, "id": "x"},
            "{city} (50 characters), {name} (60 characters), the short link (41 characters)",
            id="all of them",
        ),
    ],
)
def test_variable_over_40_characters_is_named(
    written: str, short_link: str | None, values: dict[str, str], named: str
) -> None:
    run = a_registered_run(a_dry_message(written, short_link=short_link, values=values))

    (warned,) = dlt_warnings(run)

    assert warned.code == "dlt_variable_too_long"
    assert warned.message.endswith(f"too long are: {named}. Shorten them.")


@pytest.mark.parametrize(
    ("written", "short_link", "values"),
    [
        pytest.param(BODY, LINK_39, {}, id="short link of 39"),
        pytest.param(f"Dear {'x' * 40}", None, {"name": "x" * 40}, id="value of 40"),
        pytest.param(
            f"See https://a.in/{'x' * 60}", SHORT_LINK, {"id": "x" * 60}, id="gone with the link"
        ),
    ],
)
def test_variable_of_up_to_40_characters_is_not_warned_of(
    written: str, short_link: str | None, values: dict[str, str]
) -> None:
    run = a_registered_run(a_dry_message(written, short_link=short_link, values=values))

    assert codes(run) == []


def test_longest_value_of_the_messages_shown_is_given() -> None:
    run = a_registered_run(
        *(
            a_dry_message(
                "x" * length, short_link=None, mobile=str(length), values={"a": "x" * length}
            )
            for length in (45, 99, 12, 50)
        )
    )

    (warned,) = dlt_warnings(run)

    assert "{a} (99 characters)" in warned.message
    assert warned.mobiles == ("45", "99", "50")
