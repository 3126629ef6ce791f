"""What hits of a campaign are counted by, besides time."""

from enum import StrEnum

MAX_VALUE_CHARACTERS = 200
# Stands in no name of a place, as a comma or a slash may.
PLACE_SEPARATOR = "\t"


class Trait(StrEnum):
    """What a hit has a value of; an empty value means that it is not known.

    Values of ``REGION`` and ``CITY`` begin with what they lie in, country first, a tab behind
    each, so that two places of one name stay apart. One of ``REFERRER`` is a host, in lower case.
    """

    CLICK_CLASS = "click_class"
    COUNTRY = "country"
    REGION = "region"
    CITY = "city"
    BROWSER = "browser"
    OS = "os"
    DEVICE_TYPE = "device_type"
    DEVICE = "device"
    REFERRER = "referrer"
