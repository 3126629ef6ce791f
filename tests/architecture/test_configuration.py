"""What is written about settings is what the processes read, in both directions."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from services.api.settings import ApiSettings
from services.cli.settings import CliSettings
from services.redirector.settings import RecorderSettings, RedirectorSettings
from services.worker.settings import WorkerSettings
from shared.settings import KNOWN_VARIABLES, PREFIX, EnvironmentSettings

REPOSITORY = Path(__file__).resolve().parents[2]
PROCESSES: Mapping[str, type[EnvironmentSettings]] = {
    "api": ApiSettings,
    "redirector": RedirectorSettings,
    "recorder": RecorderSettings,
    "worker": WorkerSettings,
}
# ${NAME}, ${NAME:-default} and ${NAME:?what to do}
SUBSTITUTION = re.compile(r"\$\{([A-Z_]+)(?::(-|\?)([^}]*))?\}")
ROW = re.compile(r"^\| `([A-Z_]+)` \| `?(.*?)`? \| (.*) \|$", re.MULTILINE)
OFFERED = re.compile(r"^#?([A-Z_]+)=", re.MULTILINE)

Rows = dict[str, tuple[str, str]]


def text_of(path: str) -> str:
    return (REPOSITORY / path).read_text()


def table(title: str) -> Rows:
    """Return default and the other cells of each variable in a section."""
    _, _, section = text_of("docs/configuration.md").partition(f"\n## {title}\n")
    rows = ROW.findall(section.partition("\n## ")[0])
    assert len(rows) == len({name for name, _, _ in rows})
    return {name: (default, rest) for name, default, rest in rows}


def default_of(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    return "none" if field.default is None else str(field.default)


def defaults(settings: type[EnvironmentSettings]) -> dict[str, str]:
    return {name: default_of(field) for name, field in settings.variables().items()}


def substitutions() -> dict[str, str]:
    return {
        name: "required" if kind == "?" else default or "none"
        for name, kind, default in SUBSTITUTION.findall(text_of("docker-compose.yml"))
    }


@pytest.mark.parametrize("process", PROCESSES)
def test_table_of_processes_has_just_what_a_process_reads(process: str) -> None:
    written = {
        name: default
        for name, (default, rest) in table("Processes").items()
        if process in rest.partition(" | ")[0].split(", ")
    }

    assert written == defaults(PROCESSES[process])


def test_table_of_processes_names_no_other_reader() -> None:
    readers = {
        reader
        for _, rest in table("Processes").values()
        for reader in rest.partition(" | ")[0].split(", ")
    }

    assert readers == set(PROCESSES)


def test_table_of_the_command_has_just_what_it_reads() -> None:
    written = {name: default for name, (default, _) in table("The command `txlink`").items()}

    assert written == defaults(CliSettings)


def test_table_of_docker_compose_has_just_what_its_file_substitutes() -> None:
    written = {name: default for name, (default, _) in table("docker-compose").items()}

    assert written == substitutions()


def test_docker_compose_has_the_processes_defaults() -> None:
    of_processes = {
        name: default
        for settings in PROCESSES.values()
        for name, default in defaults(settings).items()
    }

    shared = of_processes.keys() & substitutions().keys()

    assert shared == {
        "TXLINK_SHORT_DOMAIN",
        "TRUSTED_PROXIES",
        "GEOIP_CITY_DB",
        "GEOIP_ASN_DB",
        "TXLINK_SECRET_KEYS",
        "TXLINK_DESTINATION_BLOCK_LISTS",
    }
    assert {name: substitutions()[name] for name in shared} == {
        name: of_processes[name] for name in shared
    }


def test_env_example_offers_only_what_docker_compose_reads() -> None:
    found = OFFERED.findall(text_of(".env.example"))
    offered = set(found)

    assert sorted(found) == sorted(offered), "the last of two would count, be it empty"
    assert {name for name, default in substitutions().items() if default == "required"} <= offered
    assert offered - substitutions().keys() == set()


@pytest.mark.parametrize("path", [".env.example", "docker-compose.yml", "Dockerfile", "Makefile"])
def test_file_names_only_known_variables(path: str) -> None:
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+", text_of(path)))

    assert named - KNOWN_VARIABLES == set()


def test_known_variables_are_those_that_something_reads() -> None:
    readers: list[type[EnvironmentSettings]] = [*PROCESSES.values(), CliSettings]
    read = {name for settings in readers for name in settings.variables()}

    of_ours = {name for name in read | substitutions().keys() if name.startswith(PREFIX)}

    assert of_ours == KNOWN_VARIABLES
