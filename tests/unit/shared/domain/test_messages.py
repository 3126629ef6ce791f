"""The life of a message."""

import itertools

from shared.domain.messages import MessageStatus, may_become

QUEUED, SUBMITTING, SUBMITTED = (
    MessageStatus.QUEUED,
    MessageStatus.SUBMITTING,
    MessageStatus.SUBMITTED,
)
LEGAL = {
    (QUEUED, SUBMITTING),
    (QUEUED, MessageStatus.FAILED),
    (QUEUED, MessageStatus.CANCELLED),
    (SUBMITTING, QUEUED),
    (SUBMITTING, SUBMITTED),
    (SUBMITTING, MessageStatus.FAILED),
    (SUBMITTING, MessageStatus.CANCELLED),
    (SUBMITTED, MessageStatus.DELIVERED),
    (SUBMITTED, MessageStatus.UNDELIVERED),
    (SUBMITTED, MessageStatus.EXPIRED),
    (SUBMITTED, MessageStatus.REJECTED),
}


def test_only_these_steps_are_legal() -> None:
    steps = itertools.product(MessageStatus, repeat=2)

    assert {(old, new) for old, new in steps if may_become(old, new)} == LEGAL


def test_word_is_what_the_api_says() -> None:
    assert MessageStatus.DELIVERED.word == "delivered"
