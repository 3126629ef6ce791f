"""Personal texts: fill ``{name}`` and ``{{name}}`` from the columns of a row."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Self

import regex

from services.api.domain.column_names import column_key
from services.api.domain.link_finding import find_last_link
from services.api.domain.placeholder_links import Encode, OwnLink, Span, TemplateLinks
from shared.domain.errors import DomainError

MAX_NAME = 64

# Indic vowel signs are marks, and Persian and Indic words may hold joiners.
_NAME = (
    r"[\p{L}_](?:[\p{L}\p{M}\p{Nd}\u200c\u200d_. -]{0,"
    rf"{MAX_NAME - 2}}}"
    r"[\p{L}\p{M}\p{Nd}_.-])?"
)
_BLANKS = r"[^\S\r\n]*+"
_PLACEHOLDER = regex.compile(
    rf"\{{\{{{_BLANKS}(?P<name>{_NAME}){_BLANKS}\}}\}}|\{{{_BLANKS}(?P<name>{_NAME}){_BLANKS}\}}"
)
_MAX_COLUMNS_NAMED = 20


class MissingColumnError(DomainError):
    """A row lacks a column that the text is filled with.

    Attributes:
        column: The column's name as the sender wrote it in the text.
    """

    code = "missing_column"
    field = "msg"

    def __init__(
        self,
        *,
        column: str,
        placeholder: str,
        row: int | None = None,
        columns: Iterable[str] = (),
    ) -> None:
        self.column = column
        self._placeholder = placeholder
        subject = "There is" if row is None else f"Row {row} has"
        super().__init__(
            f"{subject} no column {column!r}, which msg fills in as {placeholder};"
            f" columns are: {_listed(list(columns))}"
        )

    def in_row(self, row: int, columns: Iterable[str]) -> Self:
        """Return the same error with the row it is about.

        ``Template.fill`` knows neither, so that it costs a row nothing: catch the error once,
        around the loop over all rows.

        Args:
            row: Its number as the sender counts.
            columns: The names of the columns that it has.
        """
        return type(self)(
            column=self.column, placeholder=self._placeholder, row=row, columns=columns
        )


class _Slot(NamedTuple):
    """A placeholder, and the sender's words from there to the next one."""

    key: str
    encode: Encode | None
    words: str
    column: str
    placeholder: str


class Template:
    """A text with placeholders: read once, filled for each row.

    In path, query and fragment of a link a value is percent-encoded. Everywhere else it is
    filled in as it is, also where it makes a link, or a link's scheme, host or port.
    """

    def __init__(
        self, first_words: str, slots: Sequence[_Slot], fixed_link: "FixedLink | None" = None
    ) -> None:
        self._first_words = first_words
        self._slots = tuple(slots)
        self._names = tuple(dict.fromkeys(slot.key for slot in slots))
        self._fixed_link = fixed_link

    @classmethod
    def parse(cls, text: str) -> Self:
        """Find the placeholders of a text, and which of them stand inside a link.

        ``{name}`` and ``{{name}}``: a letter or ``_``, then letters of any script, digits, ``_``,
        ``-``, ``.`` and spaces, at most ``MAX_NAME`` characters. All other braces are text.
        """
        found = list(_PLACEHOLDER.finditer(text))
        links = TemplateLinks(text, [Span(*match.span()) for match in found])
        starts = [*(match.start() for match in found), len(text)]
        first_words = text[: starts[0]]
        slots = [
            _Slot(
                column_key(match["name"]), encode, text[match.end() : end], match["name"], match[0]
            )
            for match, encode, end in zip(found, links.encodings(), starts[1:], strict=True)
        ]
        own_link = links.last_own_link()
        fixed_link = FixedLink.cut_out(first_words, slots, own_link) if own_link else None
        return cls(first_words, slots, fixed_link)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns it needs, as ``column_key`` writes them, in order and each once."""
        return self._names

    @property
    def fixed_link(self) -> "FixedLink | None":
        """Its last link, if no value can change it; None if there is none such."""
        return self._fixed_link

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the text for one row.

        Args:
            values: What each column holds, by ``column_key`` of its name.

        Raises:
            MissingColumnError: A placeholder has no column; say ``in_row`` of which row.
        """
        pieces = [self._first_words]
        for key, encode, words, column, placeholder in self._slots:
            value = values.get(key)
            if value is None:
                raise MissingColumnError(column=column, placeholder=placeholder)
            pieces.append(value if encode is None else encode(value))
            pieces.append(words)
        return "".join(pieces)

    def require(self, columns: Collection[str]) -> None:
        """Check the columns of a table once, before any row is read.

        Args:
            columns: Their names as the table has them.

        Raises:
            MissingColumnError: A placeholder has no column.
        """
        keys = set(map(column_key, columns))
        for slot in self._slots:
            if slot.key not in keys:
                raise MissingColumnError(
                    column=slot.column, placeholder=slot.placeholder, columns=columns
                )


class FixedLink:
    """The last link of a template that no value can change, cut out of its text.

    Where it leads has to be worked out for one row only. A value before it may hold a link, which
    is then not the last; one that makes a link behind it is found out row by row.

    Attributes:
        text: The link as the sender wrote it.
    """

    def __init__(self, before: Template, text: str, after: Template) -> None:
        self._before = before
        self.text = text
        self._after = after

    @classmethod
    def cut_out(cls, first_words: str, slots: Sequence[_Slot], link: OwnLink) -> Self:
        """Divide the words and placeholders of a template at one of its links."""
        ahead, behind = slots[: link.stretch], slots[link.stretch :]
        words = ahead[-1].words if ahead else first_words
        before, text, after = (
            words[: link.start],
            words[link.start : link.end],
            words[link.end :],
        )
        if not ahead:
            return cls(Template(before, ()), text, Template(after, behind))
        cut = [*ahead[:-1], ahead[-1]._replace(words=before)]
        return cls(Template(first_words, cut), text, Template(after, behind))

    def fill_around(self, values: Mapping[str, str]) -> tuple[str, str] | None:
        """Return the texts before and after the link for one row.

        None if the row has a link behind it, so that this is not the last one: then the whole
        text has to be filled, and that link tracked.

        Raises:
            MissingColumnError: A placeholder has no column.
        """
        after = self._after.fill(values)
        if self._after.names and find_last_link(after):
            return None
        return self._before.fill(values), after


def _listed(columns: Sequence[str]) -> str:
    named = ", ".join(column[:MAX_NAME] for column in columns[:_MAX_COLUMNS_NAMED])
    more = len(columns) - _MAX_COLUMNS_NAMED
    return f"{named} and {more} more" if more > 0 else named or "none"
