"""Our segments beside those of an independent program, on 3,000 random texts it weighed.

tests/support/segment_oracle/make_table.js made the table.
"""

import json
from pathlib import Path

import pytest
import regex

from shared.domain.segments import Encoding, Segmentation, segment

TABLE = Path(__file__).parents[3] / "support" / "segment_oracle" / "table.json"
SIZES = {Encoding.GSM_7: 153, Encoding.UCS_2: 67}

Row = tuple[str, Segmentation, int, int]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Each text with our segmentation, its units and its segments."""
    table = []
    for runs, encoding, units, count in json.loads(TABLE.read_text()):
        text = "".join(piece * times for times, piece in runs)
        ours = segment(text)
        assert ours.encoding == encoding
        table.append((text, ours, units, count))
    return table


def segments_with_every_cluster_whole(text: str, encoding: Encoding) -> int:
    count, room = 1, SIZES[encoding]
    for cluster in regex.findall(r"\X", text):
        if encoding is Encoding.GSM_7:
            weight = len(cluster) + len(regex.findall(r"[\f^{}\\[~\]|€]", cluster))
        else:
            weight = len(cluster.encode("utf-16-be")) // 2
        if weight > room:
            count, room = count + 1, SIZES[encoding]
        room -= weight
    return count


def test_units_agree_on_every_text(rows: list[Row]) -> None:
    assert len(rows) == 3000
    assert [ours.units for _, ours, _, _ in rows] == [units for _, _, units, _ in rows]


def test_segments_differ_only_where_the_calculator_bills_one_more_for_a_whole_cluster(
    rows: list[Row],
) -> None:
    different = [(text, ours, count) for text, ours, _, count in rows if ours.count != count]

    # It moves an emoji or a letter with marks into the next part at any price; we tear it where
    # keeping it whole would bill a further segment, as the network's own rules allow.
    assert len(different) < len(rows) / 100
    for text, ours, count in different:
        assert count == segments_with_every_cluster_whole(text, ours.encoding)
        assert ours.count == count - 1
