"""How settings are read from an environment, and refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, SecretStr

from shared.domain.trusted_proxies import TrustedProxies, parse_trusted_proxies
from shared.settings import (
    KNOWN_VARIABLES,
    DatabaseUrl,
    LinkSettings,
    ProxiedSettings,
    SettingsError,
)

URL = "postgresql://someone:hidden@localhost/txlink"


class ASettings(LinkSettings):
    """Settings of a process that only these tests have."""

    api_port: int = Field(default=8000, le=65535, description="port that it listens on")
    api_key: SecretStr | None = Field(default=None, min_length=100, description="a long key")
    other_url: DatabaseUrl | None = Field(
        default=None, validation_alias="OTHER_URL", description="another database"
    )


def refusal(**environ: str) -> str:
    with pytest.raises(SettingsError) as refused:
        ASettings.from_env({"DATABASE_URL": URL} | environ)
    return str(refused.value)


def test_variables_are_read_by_their_names() -> None:
    settings = ASettings.from_env({"DATABASE_URL": URL, "TXLINK_API_PORT": "1", "HOME": "/"})

    assert settings.database_url.get_secret_value() == URL
    assert settings.api_port == 1


def test_constructor_reads_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TXLINK_API_PORT", "1")

    assert ASettings(database_url=SecretStr(URL)).api_port == 8000


def test_environment_of_the_process_does_not_mix_with_the_one_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TXLINK_API_PORT", "1")

    assert ASettings.from_env({"DATABASE_URL": URL}).api_port == 8000


def test_empty_variable_counts_as_unset() -> None:
    assert ASettings.from_env({"DATABASE_URL": URL, "TXLINK_API_PORT": ""}).api_port == 8000
    assert "DATABASE_URL is not set" in refusal(DATABASE_URL="")


def test_variables_of_other_processes_are_no_error() -> None:
    others = dict.fromkeys(KNOWN_VARIABLES - ASettings.variables().keys(), "anything")

    assert ASettings.from_env({"DATABASE_URL": URL} | others).api_port == 8000


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        pytest.param("TXLINK_API_PROT", "; did you mean TXLINK_API_PORT?", id="letters-swapped"),
        pytest.param("TXLINK_DOMAIN", "; did you mean TXLINK_SHORT_DOMAIN?", id="half-a-name"),
        pytest.param("txlink_api_port", "; did you mean TXLINK_API_PORT?", id="small-letters"),
        pytest.param("TXLINK_XYZZY", "", id="like-none"),
    ],
)
def test_unknown_variable_is_named_with_the_closest_known_one(name: str, suggestion: str) -> None:
    assert refusal(**{name: "1"}).splitlines()[1:] == [f"  {name} is no setting{suggestion}"]


@given(st.from_regex(r"TXLINK_[A-Z_]{0,12}", fullmatch=True))
def test_only_known_variables_pass(name: str) -> None:
    environ = {"DATABASE_URL": URL, "TXLINK_SHORT_DOMAIN": "tx1.in", name: ""}

    if name in KNOWN_VARIABLES:
        ASettings.from_env(environ)
    else:
        assert name in refusal(**{name: ""})


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        pytest.param("TXLINK_API_PORT", "http", "should be a valid integer", id="no-number"),
        pytest.param(
            "TXLINK_API_PORT", "65536", "should be less than or equal to 65535", id="too-large"
        ),
        *(
            pytest.param(
                "TXLINK_SHORT_DOMAIN",
                domain,
                "should be a domain in small letters, without scheme, such as tx1.in",
                id=domain,
            )
            for domain in ("https://tx1.in", "TX1.IN", "localhost", "tx1.in/", "tx1.in\n")
        ),
    ],
)
def test_wrong_value_is_told_with_what_would_be_right(name: str, value: str, rule: str) -> None:
    [told] = refusal(**{name: value}).splitlines()[1:]

    assert told.startswith(f"  {name} is {value!r}; it {rule} (")


def test_all_that_is_wrong_is_told_at_once() -> None:
    told = refusal(DATABASE_URL="", TXLINK_API_PORT="-", TXLINK_API_PROT="1").splitlines()[1:]

    assert [line.split()[0] for line in told] == [
        "TXLINK_API_PROT",
        "DATABASE_URL",
        "TXLINK_API_PORT",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("DATABASE_URL", "mysql://someone:hidden@localhost", id="other-database"),
        pytest.param("DATABASE_URL", "hidden", id="no-url"),
        pytest.param("TXLINK_API_KEY", "hidden", id="optional-secret"),
        pytest.param("OTHER_URL", "hidden", id="optional-url"),
        pytest.param("TXLINK_API_KEEY", "hidden", id="misspelt-secret"),
    ],
)
def test_value_of_a_secret_is_never_told(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        ASettings.from_env({"DATABASE_URL": URL, name: value})

    assert name in str(refused.value)
    assert "hidden" not in f"{refused.value!r} {refused.value.__cause__!r}"


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
def test_every_scheme_of_postgres_is_taken(scheme: str) -> None:
    url = f"{scheme}://localhost/txlink"

    assert ASettings.from_env({"DATABASE_URL": url}).database_url.get_secret_value() == url


@pytest.mark.parametrize(
    ("value", "trusted"),
    [
        pytest.param("", TrustedProxies(), id="none"),
        pytest.param("10.0.0.0/8,::1", parse_trusted_proxies("10.0.0.0/8,::1"), id="some"),
    ],
)
def test_trusted_proxies_are_read(value: str, trusted: TrustedProxies) -> None:
    assert ProxiedSettings.from_env({"TRUSTED_PROXIES": value}).trusted_proxies == trusted


def test_wrong_trusted_proxies_are_told_with_what_would_be_right() -> None:
    with pytest.raises(SettingsError) as refused:
        ProxiedSettings.from_env({"TRUSTED_PROXIES": "10.0.0.0/8,proxy.example"})

    assert str(refused.value).splitlines()[1] == (
        "  TRUSTED_PROXIES is '10.0.0.0/8,proxy.example'; it should be addresses or networks "
        "separated by commas, such as 10.0.0.0/8, and 'proxy.example' is neither (addresses and "
        "networks of your own proxies, separated by commas)"
    )
