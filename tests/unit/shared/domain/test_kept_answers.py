"""What is left of an answer to a send once a number of it is erased."""

from shared.domain.kept_answers import without_number

ANSWER = {
    "mobiles": "919876543210,919876543211",
    "recipient_count": 2,
    "rejected": [{"mobile": "+91 98765 43210", "reason": "too_long"}],
    "sample_text": "Hi Zubeida",
    "destination": None,
    "sample_link": "https://tx1.in/SAlhjS",
    "preflight": None,
}


def test_the_text_of_the_first_message_goes_with_its_number() -> None:
    kept = without_number(ANSWER, 919876543210)

    assert kept["mobiles"] == "erased,919876543211"
    assert kept["rejected"] == [{"mobile": "erased", "reason": "too_long"}]
    assert (kept["sample_text"], kept["sample_link"], kept["destination"]) == ("", "", None)
    assert kept["recipient_count"] == 2


def test_the_text_of_another_stays() -> None:
    kept = without_number(ANSWER, 919876543211)

    assert kept == ANSWER | {"mobiles": "919876543210,erased"}


def test_an_answer_without_a_text_has_none_then() -> None:
    assert without_number({"mobiles": "919876543210"}, 919876543210) == {"mobiles": "erased"}
