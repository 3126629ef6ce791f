"""A number to show a message for while nobody has said whom it goes to."""

from functools import cache

import phonenumbers
from phonenumbers import PhoneNumberType

# Of no country that has one: the United Kingdom's, set apart for drama.
ANYWHERE = "447700900123"


@cache
def sample_mobile(region: str) -> str:
    """Return the number that a region's plan has as its example of a mobile, in E.164 digits."""
    example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    if example is None:
        return ANYWHERE
    return f"{example.country_code}{phonenumbers.national_significant_number(example)}"
