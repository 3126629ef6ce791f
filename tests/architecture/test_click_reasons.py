"""What docs/clicks.md tells of classes and reasons."""

import re

from shared.domain.clicks import MACHINE_SCORE, STRONG_SIGNALS, WEAK_SIGNALS, ClickClass
from shared.domain.forwarding import OTHER_DEVICE, OTHER_REGION
from tests.support.database import REPOSITORY

TEXT = (REPOSITORY / "docs/clicks.md").read_text()
REASON = re.compile(r"`([a-z]+:[a-z-]+)`")


def rows() -> list[list[str]]:
    """Return the cells of each row of a table."""
    lines = [line for line in TEXT.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_class_and_reason_is_explained() -> None:
    named = {reason for row in rows() for reason in REASON.findall(row[0])}
    classes = {row[0].strip("`") for row in rows() if ":" not in row[0]}

    assert named == {*STRONG_SIGNALS, *WEAK_SIGNALS, OTHER_DEVICE, OTHER_REGION, "time:reset"}
    assert classes == set(ClickClass)


def test_classes_and_scores_are_those_of_the_rules() -> None:
    told = {reason: row[1:3] for row in rows() for reason in REASON.findall(row[0])}

    for reason, (click_class, score) in STRONG_SIGNALS.items():
        assert told[reason] == [click_class, str(score)], reason
    for reason, score in WEAK_SIGNALS.items():
        assert told[reason][0] == str(score), reason
    assert f"from {MACHINE_SCORE} on" in TEXT
