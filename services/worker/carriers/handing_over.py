"""Handing one window to a carrier, and what is to be said about its answers."""

import asyncio
import logging
from collections.abc import Sequence

from services.worker.carriers.port import (
    Accepted,
    Carrier,
    CarrierError,
    OutgoingMessage,
    SendingTerms,
)

TIMED_OUT = CarrierError("timeout", retryable=True, throttled=False, ours=False)

Answers = Sequence[Accepted | CarrierError]

LOGGER = logging.getLogger(__name__)


async def hand_over(
    name: str,
    carrier: Carrier,
    terms: SendingTerms,
    messages: Sequence[OutgoingMessage],
    *,
    deadline_s: float,
) -> Answers:
    """Hand a window over and wait for its answers; return one a message, in their order.

    Args:
        name: The carrier's.
        carrier: Who gets it.
        terms: What the messages have in common.
        messages: The window.
        deadline_s: When to wait no longer, by the event loop's clock; a window that comes too
            late, after a standstill of ours, is not handed over at all.
    """
    if asyncio.get_running_loop().time() < deadline_s:
        answers = await _submit(carrier, terms, messages, deadline_s)
    else:
        answers = [TIMED_OUT] * len(messages)
    _report(name, answers)
    return answers


async def _submit(
    carrier: Carrier, terms: SendingTerms, messages: Sequence[OutgoingMessage], deadline_s: float
) -> Answers:
    try:
        async with asyncio.timeout_at(deadline_s):
            return await carrier.submit(terms, messages)
    except TimeoutError:
        return [TIMED_OUT] * len(messages)
    except CarrierError as refusal:
        return [refusal] * len(messages)


def is_throttled(answers: Answers) -> bool:
    """Tell whether the carrier found us too fast."""
    return any(isinstance(answer, CarrierError) and answer.throttled for answer in answers)


def is_taken(answers: Answers) -> bool:
    """Tell whether the carrier took any message."""
    return any(isinstance(answer, Accepted) for answer in answers)


def _report(name: str, answers: Answers) -> None:
    errors = [answer for answer in answers if isinstance(answer, CarrierError)]
    if errors and not is_taken(answers):
        codes = sorted({error.code for error in errors})
        LOGGER.warning("carrier %s took no message of a window: %s", name, ", ".join(codes))
    if faults := sorted({error.code for error in errors if error.ours}):
        LOGGER.error("carrier %s finds fault with us: %s", name, ", ".join(faults))
