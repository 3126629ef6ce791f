"""What is wrong with a form, and at which of its fields that is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.api.console.wording import Told
from shared.domain.errors import DomainError

BAD: Final = 400


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a form.

    Attributes:
        field: Where it stands; empty if it is about the whole form.
        text: Marked for the catalogues.
        about: What the text ends with, as it was typed.
        form: Which one it is, of a page that has several with the same fields.
        refusal: What was refused; None of what the console itself could not read.
    """

    field: str
    text: str | Told
    about: str = ""
    form: str = ""
    refusal: DomainError | None = None


class WrongFieldError(Exception):
    """A field that cannot be read."""

    def __init__(self, wrong: Wrong) -> None:
        super().__init__(wrong.field)
        self.wrong = wrong


def wrong_at(
    wrong: Wrong | Sequence[Wrong] | None, field: str, form: str | None = None
) -> Wrong | None:
    """Return what is wrong with a field, in a form if the page has several with it."""
    found = (wrong,) if isinstance(wrong, Wrong) else wrong or ()
    return next(
        (each for each in found if each.field == field and form in {None, each.form}), None
    )
