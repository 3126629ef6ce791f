from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from services.api.domain.credit import InsufficientCreditError
from services.api.domain.preflight import preflight
from services.api.domain.schedule_times import parse_schedule_time
from shared.domain.segments import Encoding
from tests.support.dry_runs import BARE_LINK, SHORT_LINK, a_dry_message, a_dry_run


def test_each_message_is_shown_as_its_recipient_would_get_it() -> None:
    told = preflight(
        a_dry_run(
            a_dry_message("Hi Asha, see https://a.in/1", mobile="919876543210"),
            a_dry_message("Hi José, it\u2019s https://a.in/2", mobile="919876543211"),
        )
    )

    first, second = told.messages
    assert (first.mobile, first.text) == ("919876543210", f"Hi Asha, see {SHORT_LINK}")
    assert first.segmentation.encoding is Encoding.GSM_7
    assert (first.segmentation.units, first.segmentation.count) == (34, 1)
    assert (first.forcing_characters, first.if_replaced) == ((), None)
    assert second.segmentation.encoding is Encoding.UCS_2
    assert [each.character for each in second.forcing_characters] == ["\u2019"]
    assert second.if_replaced is not None
    assert second.if_replaced.encoding is Encoding.GSM_7
    assert told.forcing_characters == second.forcing_characters


def test_longest_message_is_the_one_with_most_segments_then_units() -> None:
    told = preflight(
        a_dry_run(
            a_dry_message("x" * 100, short_link=None),
            a_dry_message("\u2019" * 71, short_link=None),
            a_dry_message("\u2019" * 72, short_link=None),
        )
    )

    assert (told.longest.units, told.longest.count) == (72, 2)


def test_unicode_that_was_asked_for_is_not_said_to_go_otherwise() -> None:
    message = a_dry_message("It\u2019s", short_link=None, encoding=Encoding.UCS_2)

    told = preflight(replace(a_dry_run(message), encoding=Encoding.UCS_2))

    assert told.messages[0].if_replaced is None


@pytest.mark.parametrize(
    ("price", "cost"),
    [
        pytest.param(Decimal("0.135"), Decimal("33.750"), id="exact to the digit"),
        pytest.param(Decimal(0), Decimal(0), id="free"),
        pytest.param(None, None, id="no price"),
    ],
)
def test_cost_is_of_the_whole_send(price: Decimal | None, cost: Decimal | None) -> None:
    told = preflight(
        replace(
            a_dry_run(a_dry_message("Hi", short_link=None)),
            total_segments=250,
            price_per_segment=price,
            currency="INR",
        )
    )

    assert (told.total_segments, told.cost, told.currency) == (250, cost, "INR")


@pytest.mark.parametrize(
    ("short_link", "length"),
    [
        pytest.param(SHORT_LINK, 21, id="with https"),
        pytest.param(BARE_LINK, 13, id="bare"),
        pytest.param(None, None, id="not tracked"),
    ],
)
def test_link_length_is_told(short_link: str | None, length: int | None) -> None:
    message = a_dry_message("See https://a.in/x", short_link=short_link)

    assert preflight(a_dry_run(message)).link_length == length


def test_empty_value_is_counted_over_the_messages_looked_at() -> None:
    told = preflight(
        a_dry_run(
            a_dry_message("Hi Asha", short_link=None, mobile="1", values={"name": "Asha"}),
            a_dry_message("Hi ", short_link=None, mobile="2", values={"name": ""}),
            a_dry_message("Hi  ", short_link=None, mobile="3", values={"name": " \t"}),
        )
    )

    (warned,) = told.warnings
    assert warned.code == "empty_value"
    assert warned.message.startswith("{name} is empty in 2 of 3 messages looked at. ")
    assert warned.mobiles == ("2", "3")


def test_each_empty_placeholder_has_its_warning() -> None:
    values = {"name": "", "city": "", "code": "X"}

    told = preflight(a_dry_run(a_dry_message("Hi X", short_link=None, values=values)))

    assert [each.message.split(".")[0] for each in told.warnings] == [
        "{name} is empty in 1 of 1 message looked at",
        "{city} is empty in 1 of 1 message looked at",
    ]


def test_filled_values_are_not_warned_of() -> None:
    message = a_dry_message("Hi 0", short_link=None, values={"name": "0"})

    assert preflight(a_dry_run(message)).warnings == ()


def test_every_kind_of_warning_comes_through() -> None:
    message = a_dry_message(
        f"{'x' * 45} -a.in/abc It\u2019s", short_link=BARE_LINK, values={"name": ""}
    )

    told = preflight(replace(a_dry_run(message), append_http=False, dlt_entity_id="1001"))

    assert [each.code for each in told.warnings] == [
        "link_may_not_be_tappable",
        "empty_value",
        "dlt_no_scheme",
        "dlt_no_header",
        "dlt_unregistered_domain",
    ]


def test_texts_and_numbers_stay_out_of_a_repr() -> None:
    message = a_dry_message("Secret https://a.in/x", mobile="919876543210")
    run = a_dry_run(message)
    told = preflight(run)

    shown = repr((message, run, told, told.messages))

    assert "Secret" not in shown
    assert "919876543210" not in shown


def test_what_is_looked_at_beyond_the_messages_shown_is_told_of() -> None:
    shown = a_dry_message("Hi Asha", short_link=None)
    beyond = a_dry_message("नमस्ते " * 20, short_link=None, mobile="919876543211")
    run = replace(a_dry_run(shown, beyond), shown_count=1)

    told = preflight(run)

    assert [message.mobile for message in told.messages] == ["919876543210"]
    assert told.longest == beyond.segmentation
    assert [each.character for each in told.forcing_characters][:1] == ["न"]


def test_placeholder_that_nothing_fills_is_warned_of() -> None:
    bare = a_dry_message("Hi {name}, see https://a.example.com/{code}")
    filled = a_dry_message("Hi {x}", short_link=None, values={"name": "{x}"})

    told = preflight(a_dry_run(bare, filled))

    (warned,) = [each for each in told.warnings if each.code == "placeholder_not_filled"]
    assert warned.message.startswith("{name} goes out as it stands")
    assert warned.mobiles == ("919876543210",)


def test_what_was_guessed_of_a_file_is_told_first() -> None:
    run = replace(a_dry_run(a_dry_message("Hi", short_link=None)), file_warnings=["Not UTF-8"])

    first = preflight(run).warnings[0]

    assert (first.code, first.message, first.mobiles) == ("file_reading", "Not UTF-8", ())


@pytest.mark.parametrize(
    ("written", "said"),
    [
        pytest.param(
            "2026-03-29 02:30",
            "The clocks skip scheduleTime on that day: 2026-03-29 03:30:00+0200 is taken.",
            id="skipped",
        ),
        pytest.param(
            "2026-10-25 02:30",
            "The clocks show scheduleTime twice on that day: the first, "
            "2026-10-25 02:30:00+0200, is taken.",
            id="repeated",
        ),
        pytest.param("2026-03-30 02:30", "", id="plain"),
    ],
)
def test_time_that_clocks_make_doubtful_is_warned_of(written: str, said: str) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    scheduled = parse_schedule_time(written, ZoneInfo("Europe/Berlin"), now)

    told = preflight(replace(a_dry_run(a_dry_message("https://a.in")), scheduled=scheduled))

    warnings = {each.code: each.message for each in told.warnings}
    assert warnings.get("schedule_time_doubtful", "").startswith(said)
    assert bool(said) == ("schedule_time_doubtful" in warnings)


def test_what_the_account_lacks_is_told_first() -> None:
    lacking = InsufficientCreditError(needed=2, available=1)
    run = replace(a_dry_run(a_dry_message("Hi {name}", short_link=None)), shortfalls=[lacking])

    told = preflight(run).warnings

    assert (told[0].code, told[0].message) == ("insufficient_credit", str(lacking))
    assert [each.code for each in told[1:]] == ["placeholder_not_filled"]
