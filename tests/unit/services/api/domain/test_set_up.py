"""The token of the set-up says whose owner is made, for a day, and cannot be made up."""

from datetime import UTC, datetime, timedelta

import pytest

from services.api.domain.set_up import (
    TOKEN_LIFE,
    SetUpClosedError,
    SetUpToken,
    SetUpTokenError,
    open_token,
)
from shared.domain.sealing import Sealer, make_key

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
SEALER = Sealer([make_key()])
TOKEN = SetUpToken(7, NOW + TOKEN_LIFE)


def test_what_is_sealed_is_read_with_spaces_around_it() -> None:
    text = TOKEN.seal(SEALER)

    assert open_token(f" {text}\n", SEALER, now=NOW) == TOKEN
    assert open_token(text, SEALER, now=NOW + TOKEN_LIFE - timedelta(seconds=1)) == TOKEN


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("x" * 5_000, id="long"),
        pytest.param("\udcff", id="no text"),
        pytest.param(TOKEN.seal(Sealer([make_key()])), id="under another key"),
        pytest.param(TOKEN.seal(SEALER)[:-8], id="cut"),
        pytest.param(SEALER.seal(b"[7, 1e12]", "webhook:7").decode(), id="of another place"),
    ],
)
def test_all_else_is_refused(text: str) -> None:
    with pytest.raises(SetUpTokenError):
        open_token(text, SEALER, now=NOW)


def test_it_is_refused_once_its_day_is_over() -> None:
    with pytest.raises(SetUpTokenError):
        open_token(TOKEN.seal(SEALER), SEALER, now=NOW + TOKEN_LIFE)


def test_who_comes_too_late_is_told_what_to_do() -> None:
    assert "sign in" in str(SetUpClosedError())
