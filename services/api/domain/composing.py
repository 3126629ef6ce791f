"""Compose a message's text: personal or the same for all, its link taken out, its length known."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from typing_extensions import override

from services.api.domain.placeholders import MissingColumnError, Template
from services.api.domain.rewriting import Rewrite, plan_rewrite, refuse_overlong
from services.api.domain.sheet_numbers import NumberCell
from shared.domain.errors import DomainError
from shared.domain.segments import Encoding, Segmentation, non_gsm_characters, segment
from shared.domain.smart_encoding import to_gsm7


@dataclass(frozen=True, slots=True, repr=False)
class TextRules:
    """What holds for all texts of a send.

    Attributes:
        sample_link: A short link of the length that each will have; None if none is tracked.
        encoding: What was asked for; None chooses by the text.
        is_smart: Whether typographic characters are made plain where that saves UCS-2.
        short_domains: Our own, to which no link may lead.
        may_be_private: Whether links may lead to hosts that are not public.
    """

    sample_link: str | None = None
    encoding: Encoding | None = None
    is_smart: bool = False
    short_domains: frozenset[str] = frozenset()
    may_be_private: bool = False

    def plan(self, text: str) -> Rewrite:
        """Find the link that is tracked; as ``plan_rewrite`` does."""
        return plan_rewrite(
            text, short_domains=self.short_domains, may_be_private=self.may_be_private
        )


@dataclass(frozen=True, slots=True, repr=False)
class ComposedText:
    """A text as one recipient gets it, but for the token.

    Attributes:
        written: With the sender's own link.
        before: Up to the short link, or all of it.
        after: Behind the short link; None if there is none.
        rewrite: Where the link leads; None if there is none.
        segmentation: Measured with a link of the same length.
    """

    written: str
    before: str
    after: str | None
    rewrite: Rewrite | None
    segmentation: Segmentation

    def with_link(self, short_link: str) -> str:
        """Return what the recipient reads."""
        return self.before if self.after is None else f"{self.before}{short_link}{self.after}"


@dataclass(frozen=True, slots=True, repr=False)
class PersonalRow:
    """What one row of a send says.

    Attributes:
        number: As the sender counts, from 1; a sheet's header is a row too.
        mobiles: Whom its text is for, as written.
        values: What fills the placeholders, by ``column_key`` of the column's name.
        text: Its own text; None takes the send's.
        cell: What the reading of its sheet made of its number; None where it is yet to be read.
    """

    number: int
    mobiles: Sequence[str]
    values: Mapping[str, str]
    text: str | None = None
    cell: NumberCell | None = None


class RowRefusedError(DomainError):
    """One row of a send breaks a rule, so nothing is sent; told code and field are that rule's."""

    code = "row_refused"

    def __init__(self, row: int, reason: DomainError) -> None:
        self.row = row
        self.reason = reason
        self.field = reason.field
        super().__init__(f"Row {row}: {reason}")

    @property
    @override
    def told_code(self) -> str:
        return self.reason.told_code


class EmptyTextError(DomainError):
    """There is no text to send."""

    code = "empty_text"
    field = "msg"

    def __init__(self) -> None:
        super().__init__("There is no text: give msg, or a text of its own for each row")


def compose(text: str, rules: TextRules) -> ComposedText:
    """Compose a text that is complete as it stands.

    Raises:
        EmptyTextError: It is blank.
        DomainError: It has no link that can be tracked though one is to be, or is too long.
    """
    if not text.strip():
        raise EmptyTextError
    if rules.sample_link is None:
        refuse_overlong(text)
        return _composed(text, rules, text, None, None)
    rewrite = rules.plan(text)
    return _composed(text, rules, rewrite.before, rewrite.after, rewrite)


class Composer:
    """Composes the texts of the rows of one send.

    A row's own text goes as it is. The send's is filled from the row's columns.

    Args:
        template: The send's own text; None if each row has to bring one.
        rules: For all of them.

    Raises:
        OverlongTextError: The template is too long to be read.
    """

    def __init__(self, template: str | None, rules: TextRules) -> None:
        if template is not None:
            refuse_overlong(template)
        self._rules = rules
        self._template = None if template is None else Template.parse(template)
        self._fixed_rewrite: Rewrite | None = None

    def compose(self, row: PersonalRow) -> ComposedText:
        """Compose a row's text.

        Raises:
            MissingColumnError: It lacks a column; the error names both.
            RowRefusedError: It breaks another rule.
        """
        try:
            if row.text is not None or self._template is None:
                return compose(row.text or "", self._rules)
            return self._fill(self._template, row.values)
        except MissingColumnError as error:
            raise error.in_row(row.number, row.values) from error
        except DomainError as error:
            raise RowRefusedError(row.number, error) from error

    def require(self, columns: Collection[str]) -> None:
        """Check the columns of a table once, before any row is read.

        Raises:
            MissingColumnError: The send's text needs one more.
        """
        if self._template is not None:
            self._template.require(columns)

    def has_blank(self, row: PersonalRow) -> bool:
        """Tell whether something that is filled into the row's text is blank."""
        if row.text is not None or self._template is None:
            return False
        return any(not row.values[name].strip() for name in self._template.names)

    def filled_values(self, row: PersonalRow) -> dict[str, str]:
        """Return what fills the send's text in this row, by the placeholder's name."""
        if row.text is not None or self._template is None:
            return {}
        return {name: row.values[name] for name in self._template.names}

    def _fill(self, template: Template, values: Mapping[str, str]) -> ComposedText:
        fixed = template.fixed_link
        if fixed is None or self._rules.sample_link is None:
            return compose(template.fill(values), self._rules)
        around = fixed.fill_around(values)
        if around is None:
            return compose(template.fill(values), self._rules)
        before, after = around
        written = f"{before}{fixed.text}{after}"
        refuse_overlong(written)
        if self._fixed_rewrite is None:
            self._fixed_rewrite = self._rules.plan(fixed.text)
        return _composed(written, self._rules, before, after, self._fixed_rewrite)


def _composed(
    written: str, rules: TextRules, before: str, after: str | None, rewrite: Rewrite | None
) -> ComposedText:
    if rules.is_smart and rules.encoding is not Encoding.UCS_2:
        before, after = _made_plain(before, after)
    sample = rules.sample_link if after is not None else None
    text = before if after is None else f"{before}{sample}{after}"
    segmentation = segment(text, keep_whole=sample, encoding=rules.encoding)
    return ComposedText(written, before, after, rewrite, segmentation)


def _made_plain(before: str, after: str | None) -> tuple[str, str | None]:
    """Make both pieces plain or neither: one character that stays makes all of it UCS-2."""
    if after is None:
        return to_gsm7(before), None
    pieces = to_gsm7(before), to_gsm7(after)
    return (before, after) if any(map(non_gsm_characters, pieces)) else pieces
