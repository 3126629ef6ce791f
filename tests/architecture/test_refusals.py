"""Every error of ours has an answer of its own, and says which field it is about."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import services
import shared
from services.api.domain.errors import FieldError
from services.api.error_responses import REFUSALS
from shared.domain.errors import DomainError

# Entry points, which do what they are for when they are imported.
RUN_WHEN_IMPORTED = "__main__"


def load_everything() -> None:
    for package in (services, shared):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith(RUN_WHEN_IMPORTED):
                importlib.import_module(module.name)


def kinds(parent: type[DomainError]) -> Iterator[type[DomainError]]:
    for child in parent.__subclasses__():
        yield child
        yield from kinds(child)


load_everything()
OURS = [kind for kind in kinds(DomainError) if kind is not FieldError]


@pytest.mark.parametrize("kind", OURS)
def test_every_error_has_a_row(kind: type[DomainError]) -> None:
    assert kind in REFUSALS


def test_no_row_answers_for_errors_that_nobody_thought_of() -> None:
    assert not REFUSALS.keys() & {DomainError, FieldError}


def test_every_error_has_a_stable_code_of_its_own() -> None:
    codes = [vars(kind)["code"] for kind in OURS]

    assert len(codes) == len(set(codes))
    assert all(code.replace("_", "").isalnum() and code.islower() for code in codes)
