"""Lists of networks in statements."""

from collections.abc import Sequence

from sqlalchemy import ARRAY, Cast, Column, Text, cast
from sqlalchemy.dialects.postgresql import CIDR


def as_texts(column: Column[Sequence[str]]) -> Cast[Sequence[str]]:
    """Return a column of networks to be read as texts, which are cheaper to take over."""
    return cast(column, ARRAY(Text))


def as_networks(texts: Sequence[str]) -> Cast[Sequence[str]]:
    """Return networks to be written."""
    return cast(cast(list(texts), ARRAY(Text)), ARRAY(CIDR))
