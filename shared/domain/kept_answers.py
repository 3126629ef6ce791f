"""Answers that are kept for repeats of sends, without a number that is to be erased."""

import re
from typing import Any

from shared.domain.erasing import ERASED_TEXT, number_pattern

# What an answer shows of the first message, which is its recipient's.
_OF_FIRST = ("sample_text", "destination", "sample_link")


def without_number(answer: dict[str, Any], msisdn: int) -> dict[str, Any]:
    """Return an answer to a send in which nothing tells of a number any more.

    Args:
        answer: As it is kept; its ``mobiles`` are one text with commas between.
        msisdn: The number.
    """
    first = answer.get("mobiles", "").partition(",")[0]
    kept: dict[str, Any] = _replaced(answer, re.compile(number_pattern(msisdn)))
    if first == str(msisdn):
        kept |= {name: kept[name] and "" for name in _OF_FIRST if name in kept}
    return kept


def _replaced(value: Any, pattern: re.Pattern[str]) -> Any:  # noqa: ANN401 - JSON is anything
    if isinstance(value, str):
        return pattern.sub(ERASED_TEXT, value)
    if isinstance(value, list):
        return [_replaced(each, pattern) for each in value]
    if isinstance(value, dict):
        return {name: _replaced(each, pattern) for name, each in value.items()}
    return value
