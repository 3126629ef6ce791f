"""What docs/clicks.md tells of classes, reasons and traits."""

import re

from shared.domain.clicks import MACHINE_SCORE, STRONG_SIGNALS, WEAK_SIGNALS, ClickClass
from shared.domain.forwarding import OTHER_DEVICE, OTHER_REGION
from shared.domain.traits import Trait
from shared.schema.hits import QUARTER_CLICKS, TRAIT_CLICKS
from tests.support.database import REPOSITORY

ROLLUPS = (QUARTER_CLICKS, TRAIT_CLICKS)
CLASSES, TRAITS = "Classes", "Counts by time and by trait"
TEXT = (REPOSITORY / "docs/clicks.md").read_text()
REASON = re.compile(r"`([a-z]+:[a-z-]+)`")


def rows(heading: str = "") -> list[list[str]]:
    """Return the cells of each row of a table, of one section or of all."""
    text = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0] if heading else TEXT
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_class_and_reason_is_explained() -> None:
    named = {reason for row in rows() for reason in REASON.findall(row[0])}
    classes = {row[0].strip("`") for row in rows(CLASSES)}

    assert named == {*STRONG_SIGNALS, *WEAK_SIGNALS, OTHER_DEVICE, OTHER_REGION, "time:reset"}
    assert classes == set(ClickClass)


def test_every_trait_is_explained() -> None:
    named = [name for row in rows(TRAITS) for name in re.findall(r"`(\w+)`", row[0])]

    assert sorted(named) == sorted([*Trait, *(table.name for table in ROLLUPS)])


def test_classes_and_scores_are_those_of_the_rules() -> None:
    told = {reason: row[1:3] for row in rows() for reason in REASON.findall(row[0])}

    for reason, (click_class, score) in STRONG_SIGNALS.items():
        assert told[reason] == [click_class, str(score)], reason
    for reason, score in WEAK_SIGNALS.items():
        assert told[reason][0] == str(score), reason
    assert f"from {MACHINE_SCORE} on" in TEXT
