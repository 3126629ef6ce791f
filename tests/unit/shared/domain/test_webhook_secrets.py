"""Signatures are those of Standard Webhooks, by its own vectors and by others' code."""

import base64
import json
import time

import pytest
import standardwebhooks

from shared.domain.webhook_secrets import make_secret, secret_text, sign


def test_a_signature_is_taken_by_others_code() -> None:
    secret, body = make_secret(), json.dumps({"type": "x", "text": "नमस्ते"}).encode()
    now_s = int(time.time())

    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now_s),
        "webhook-signature": sign("msg_1", now_s, body, [secret]),
    }

    assert standardwebhooks.Webhook(secret_text(secret)).verify(body, headers)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(secret_text(secret)).verify(body + b" ", headers)


def test_each_of_two_keys_is_taken_while_one_takes_over() -> None:
    old, new, now_s = make_secret(), make_secret(), int(time.time())

    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now_s),
        "webhook-signature": sign("msg_1", now_s, b"{}", [new, old]),
    }

    for secret in (old, new):
        assert standardwebhooks.Webhook(secret_text(secret)).verify(b"{}", headers) == {}


def test_secrets_are_of_the_size_that_the_standard_asks_for() -> None:
    text = secret_text(make_secret())

    assert text.startswith("whsec_")
    assert 24 <= len(base64.b64decode(text.removeprefix("whsec_"))) <= 64
    assert text != secret_text(make_secret())
