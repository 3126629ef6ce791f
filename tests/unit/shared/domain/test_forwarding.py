import pytest

from shared.domain.forwarding import Opening, forwarded_reasons

PHONE = Opening("Android", "Samsung SM-A546E", "IN", "Maharashtra")


@pytest.mark.parametrize(
    ("later", "reasons"),
    [
        (PHONE, ()),
        (PHONE._replace(device=None), ()),
        (Opening(None, None, None, None), ()),
        (PHONE._replace(device="CUBOT_X30"), ("forwarded:device",)),
        (PHONE._replace(os="Windows", device=None), ("forwarded:device",)),
        (PHONE._replace(region="Kerala"), ("forwarded:region",)),
        (PHONE._replace(country="GB", region=None), ("forwarded:region",)),
        (Opening("iOS", "iPhone", "GB", "England"), ("forwarded:device", "forwarded:region")),
    ],
    ids=[
        "the same again",
        "the same phone in a browser that hides its model",
        "nothing known",
        "another model",
        "another system",
        "another region",
        "another country",
        "elsewhere on another phone",
    ],
)
def test_a_later_opening_that_differs_from_the_first_is_likely_a_forwarded_one(
    later: Opening, reasons: tuple[str, ...]
) -> None:
    assert forwarded_reasons(PHONE, later) == reasons


def test_what_the_first_left_open_makes_no_difference() -> None:
    assert forwarded_reasons(Opening("Android", None, None, None), PHONE) == ()
