"""Every error of ours has an answer of its own, and says which field it is about."""

from collections.abc import Iterator

from services.api.domain import errors as api_errors
from services.api.error_responses import REFUSALS, refusal_of
from shared.domain.errors import DomainError


def kinds(parent: type[DomainError]) -> Iterator[type[DomainError]]:
    for child in parent.__subclasses__():
        yield child
        yield from kinds(child)


def test_every_error_of_the_api_has_a_row() -> None:
    ours = {kind for kind in kinds(DomainError) if kind.__module__ == api_errors.__name__}

    assert ours - REFUSALS.keys() - {api_errors.FieldError} == set()


def test_every_error_has_a_stable_code_of_its_own() -> None:
    codes = [kind.code for kind in kinds(DomainError) if "code" in vars(kind)]

    assert len(codes) == len(set(codes))
    assert all(code.replace("_", "").isalpha() and code.islower() for code in codes)


def test_what_the_rules_refuse_is_the_clients_to_mend() -> None:
    class OfTheRulesError(DomainError):
        code = "of_the_rules"

    assert refusal_of(OfTheRulesError()).status == 400
