"""The generic names of our packages mean this repository, whatever else is installed."""

import importlib.metadata
from pathlib import Path

import pytest

import services
import shared

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("package", [services, shared])
def test_package_is_the_one_of_this_repository(package: object) -> None:
    assert getattr(package, "__file__", None) == str(
        REPOSITORY / str(getattr(package, "__name__", "")) / "__init__.py"
    )


@pytest.mark.parametrize("name", ["services", "shared"])
def test_no_other_distribution_provides_the_package(name: str) -> None:
    providers = set(importlib.metadata.packages_distributions().get(name, []))

    assert providers <= {"txlink"}


def test_every_package_is_a_regular_one() -> None:
    folders = {
        path.parent
        for root in ("services", "shared")
        for path in (REPOSITORY / root).rglob("*.py")
    }

    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_no_module_hides_what_it_holds_behind_a_vague_name() -> None:
    vague = {
        "utils",
        "util",
        "helpers",
        "helper",
        "common",
        "misc",
        "manager",
        "managers",
        "models",
    }

    found = [
        str(path.relative_to(REPOSITORY))
        for root in ("services", "shared", "tests", "bench")
        for path in (REPOSITORY / root).rglob("*.py")
        if path.stem in vague
    ]

    assert found == []


def test_no_module_is_longer_than_five_hundred_lines() -> None:
    long = [
        str(path.relative_to(REPOSITORY))
        for root in ("services", "shared")
        for path in (REPOSITORY / root).rglob("*.py")
        if len(path.read_text().splitlines()) > 500
    ]

    assert long == []
