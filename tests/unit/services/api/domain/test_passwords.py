"""Passwords are long, of any characters, and not the first that are guessed."""

import unicodedata

import pytest

from services.api.domain.common_passwords import is_common
from services.api.domain.passwords import PasswordRefusedError, checked_password, normalised


@pytest.mark.parametrize(
    "password",
    [
        pytest.param("Blue Kettle in the sun", id="words"),
        pytest.param("            x", id="blanks"),
        pytest.param("नीली केतली धूप में", id="another script"),
        pytest.param("x7" * 3 + "q9Zk!" * 24, id="longest"),
        pytest.param("asha likes blue kettles", id="a name in more"),
        pytest.param("twelve-chars", id="shortest"),
    ],
)
def test_a_good_password_is_taken_as_it_is(password: str) -> None:
    assert checked_password(password, login="asha", account_name="acme") == password


@pytest.mark.parametrize(
    ("password", "told"),
    [
        pytest.param("eleven char", "12 to 128 characters", id="short"),
        pytest.param("x7q9Zk" * 22, "12 to 128 characters", id="long"),
        pytest.param("x" * 513, "at most 512 octets", id="octets"),
        pytest.param("half a pair \ud83d", "half a character", id="surrogate"),
        pytest.param("PassWord1234", "first that are guessed", id="common"),
        pytest.param("ashamehta-ashamehta", "more than the login", id="login twice"),
        pytest.param("AcmeTrading!2026", "more than the login", id="account"),
        pytest.param("AshaMehta@AcmeTrading", "more than the login", id="both"),
    ],
)
def test_a_bad_password_is_refused_and_told_why(password: str, told: str) -> None:
    with pytest.raises(PasswordRefusedError, match=told) as refused:
        checked_password(password, login="ashamehta", account_name="acmetrading", field="new")

    assert refused.value.field == "new"
    assert password not in str(refused.value)


def test_a_password_is_the_same_however_its_letters_are_composed() -> None:
    composed = "Überaus grüner Tee"
    apart = unicodedata.normalize("NFD", composed)

    taken = checked_password(apart, login="a", account_name="b")

    assert apart != composed
    assert taken == composed == normalised(apart)


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "Password2026!",
        "passwordpassword",
        "administrator",
        "qwertyuiopas",
        "lkjhgfdsapoi",
        "1qaz2wsx3edc",
        "123456789012",
        "210987654321",
        "zzzzzzzzzzzz",
        "abcabcabcabcab",
        "1111222211112222"[:12] * 1 + "1111",
        "iloveyou2024",
        "!!!!!?????!!",
        "correcthorsebatterystaple",
        "Correct Horse Battery Staple",
    ],
)
def test_what_guessing_begins_with_is_common(password: str) -> None:
    assert is_common(password)


@pytest.mark.parametrize(
    "password", ["Blue Kettle in the sun", "welcome to the moon", "xk-92-fe-71"]
)
def test_what_it_does_not_begin_with_is_not(password: str) -> None:
    assert not is_common(password)
