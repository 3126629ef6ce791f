"""What hits are counted by has the name of the column that it is made of."""

from services.redirector.storage.hits import HitRow
from shared.domain.traits import Trait


def test_every_trait_is_a_column_of_a_hit() -> None:
    assert {trait.value for trait in Trait} <= set(HitRow._fields)
