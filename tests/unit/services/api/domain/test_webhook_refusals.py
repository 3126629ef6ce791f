"""Refusals about webhooks and streams say what would be right."""

import pytest

from services.api.domain.errors import (
    StreamsBusyError,
    TooManyWebhooksError,
    WebhookDisabledError,
)
from shared.domain.errors import DomainError


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (TooManyWebhooksError(20), "delete one"),
        (WebhookDisabledError(), "enable it first"),
        (StreamsBusyError(), "close one"),
    ],
)
def test_refusal_says_what_would_be_right(error: DomainError, wanted: str) -> None:
    assert wanted in str(error)
