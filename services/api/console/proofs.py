"""A fresh proof of who one is, asked for in the form that needs it."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from services.api.auth import session_of
from services.api.console.forms import Form
from services.api.console.visits import Visit
from services.api.operations.fresh_proofs import FreshProof
from services.api.operations.second_factors import Given

PASSWORD: Final = "proof_password"  # noqa: S105 - the name of a field
CODE: Final = "proof_code"
# Of an authenticator; what is longer is a recovery code.
MAX_DIGITS: Final = 8


def given_in(form: Form, name: str) -> Given | None:
    """Return the second factor: one field takes both kinds, told apart by their length."""
    code = form.get(name, "").strip()
    if not code:
        return None
    digits = "".join(code.split())
    return Given(code, is_recovery_code=not (digits.isdigit() and len(digits) <= MAX_DIGITS))


async def with_proof(visit: Visit) -> Visit:
    """Take the proof that a form brings, if it brings one, and return who then goes on.

    Raises:
        WrongPasswordError: The password is not theirs.
        SecondFactorNeededError: There is a second factor, and it is missing.
        SecondFactorWrongError: That is wrong.
        TooManyFailuresError: Too much was wrong of late.
    """
    password = visit.form.get(PASSWORD, "")
    if not password:
        return visit
    await FreshProof(visit.own_user).give(password, given_in(visit.form, CODE), PASSWORD)
    session = replace(session_of(visit.caller), proof_age=timedelta(0))
    return replace(visit, caller=replace(visit.caller, session=session))
