"""Who wants nothing more, and which messages that holds back."""

from enum import StrEnum

# Why a message does not go out, or a number is left out of a send; clients and reports see it.
OPTED_OUT = "opted_out"


class Category(StrEnum):
    """What a campaign is for; the word is what the database keeps."""

    MARKETING = "marketing"
    # What its recipient asked for or has to know: an order's way, a login, a bill.
    TRANSACTIONAL = "transactional"
