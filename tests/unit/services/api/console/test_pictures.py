"""Shades, maps and rankings say what was counted, no more and no less."""

import re
from collections.abc import Mapping
from itertools import pairwise
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from services.api.console.heat import STEPS, legend, step_of
from services.api.console.maps import OTHERWISE, draw_map
from services.api.console.rankings import SHOWN, rank
from services.api.operations.read_reports import Breakdown
from services.api.schemas.breakdowns import (
    CampaignBreakdown,
    OtherCounts,
    ValueCounts,
    ValueList,
    to_breakdown,
)
from shared.domain.traits import Trait


def a_breakdown(countries: Mapping[str, int], regions: Mapping[str, int]) -> CampaignBreakdown:
    """Return where clicks came from: countries by their codes, regions of India by their names."""
    traits = [(Trait.COUNTRY, code, clicks) for code, clicks in countries.items()]
    traits += [(Trait.REGION, f"IN\t{name}", clicks) for name, clicks in regions.items()]
    rows = [
        {"trait": trait, "value": value, "hit_count": clicks, "click_count": clicks}
        for trait, value, clicks in traits
    ]
    return to_breakdown(Breakdown({"uuid": uuid4()}, [], None, rows, []), ZoneInfo("UTC"))


@pytest.mark.parametrize("most", [1, 2, 4, 5, 6, 19, 1_000_003])
def test_every_count_has_the_shade_that_the_legend_says(most: int) -> None:
    shades = legend(most)

    assert (shades[0].step, shades[0].highest, shades[-1].highest) == (0, 0, most)
    assert shades[-1].step == STEPS
    for before, after in pairwise(shades):
        assert after.lowest == before.highest + 1
    for shade in shades:
        assert {step_of(shade.lowest, most), step_of(shade.highest, most)} == {shade.step}


@pytest.mark.parametrize(("called", "drawn"), OTHERWISE.items())
def test_what_databases_call_otherwise_is_on_the_map(called: str, drawn: str) -> None:
    found = draw_map(a_breakdown({"IN": 3}, {called.title(): 3}), 3)

    assert found is not None
    assert [shape.name for shape in found.shapes if shape.clicks] == [drawn]
    assert found.missing == 0


def test_a_map_of_countries_has_them_by_their_codes() -> None:
    found = draw_map(a_breakdown({"IN": 2, "US": 2, "XX": 1}, {}), 5)

    assert found is not None
    assert not found.is_of_india
    assert len(found.shapes) > 170
    assert {shape.name: shape.clicks for shape in found.shapes if shape.clicks} == {
        "IN": 2,
        "US": 2,
    }
    assert found.missing == 1


@pytest.mark.parametrize("countries", [{}, {"IN": 0}, {"XX": 4}])
def test_clicks_that_are_nowhere_have_no_map(countries: Mapping[str, int]) -> None:
    assert draw_map(a_breakdown(countries, {}), sum(countries.values())) is None


def test_a_ranking_ends_with_all_others() -> None:
    values = [ValueCounts(value=str(n), hits=9, clicks=20 - n) for n in range(SHOWN + 2)]
    machines = ValueCounts(value="curl", hits=5, clicks=0)
    listed = ValueList(values=[*values, machines], others=OtherCounts(values=3, hits=4, clicks=4))
    clicks = sum(each.clicks for each in values) + 4

    ranking = rank(listed, clicks)

    assert [each.counted for each in ranking.rows] == values[:SHOWN]
    assert ranking.rows[0].bar == 100
    assert sum(each.share for each in ranking.rows) + ranking.other_share == pytest.approx(1)
    assert ranking.other_clicks == 10 + 9 + 4


def test_nothing_ranks_as_nothing() -> None:
    ranking = rank(ValueList(values=[], others=None), 0)

    assert (ranking.rows, ranking.other_clicks, ranking.other_share) == ([], 0, 0)


@pytest.mark.parametrize("countries", [{"IN": 1}, {"US": 1}], ids=["states", "countries"])
def test_shapes_are_closed_and_within_their_map(countries: Mapping[str, int]) -> None:
    found = draw_map(a_breakdown(countries, {"Goa": 1}), 1)

    assert found is not None
    for shape in found.shapes:
        assert re.fullmatch(r"[MmLlaz0-9 -]+z", shape.path), shape.name
        starts = re.findall(r"[Mm](\d+) (\d+)", shape.path)
        assert starts, shape.name
        for x, y in starts:
            assert int(x) <= found.width, shape.name
            assert int(y) <= found.height, shape.name
