"""How much of visitors' addresses an account has stored."""

from enum import StrEnum


class AddressPolicy(StrEnum):
    """What is stored of an address: all of it, the network that it is in, or nothing."""

    FULL = "full"
    TRUNCATED = "truncated"
    NONE = "none"
