"""Records of faults that tell where and what kind they are, and nothing of what they were about.

The message of an exception is whatever somebody wrote into it: Postgres quotes the row that it
refuses, ``int`` the text that is no number. Tracebacks of ours never show it. What an operator
needs is kept: the kinds, the lines of code, Postgres's SQLSTATE and names, the system's own words.
"""

import logging
import traceback
from collections.abc import Iterable
from types import TracebackType
from typing import Final, TypeAlias

# They log what they send and read, headers and URLs included, once anybody asks for that much.
TALKATIVE: Final = ("httpcore", "httpx", "hpack", "python_multipart", "sqlalchemy", "websockets")
# Of an error of Postgres: what is the schema's and not a row's.
_OF_POSTGRES = ("sqlstate", "schema_name", "table_name", "column_name", "constraint_name")

ExcInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


def describe(error: BaseException) -> str:
    """Return what kind of error it is, with what of it is no one's own."""
    kind = type(error)
    name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    told = {each: getattr(error, each, None) for each in _OF_POSTGRES}
    facts = [f"{each}={value}" for each, value in told.items() if isinstance(value, str)]
    if isinstance(error, OSError) and error.errno is not None:
        facts.append(f"errno={error.errno}: {error.strerror}")
    return f"{name} ({', '.join(facts)})" if facts else name


def tell(error: BaseException) -> str:
    """Return the traceback of an error and of those behind it, without their messages."""
    return "".join(_lines(error, set())).removesuffix("\n")


def _lines(error: BaseException, seen: set[int]) -> Iterable[str]:
    seen.add(id(error))
    behind = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if behind is not None and id(behind) not in seen:
        yield from _lines(behind, seen)
        yield "\nwhich led to:\n\n"
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):\n"
        yield from traceback.format_tb(error.__traceback__)
    yield f"{describe(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            if id(inner) not in seen:
                yield "\namong which:\n\n"
                yield from _lines(inner, seen)


class _DiscreetRecord(logging.LogRecord):
    """A record whose traceback is written when it is made, before any handler can."""

    def __init__(self, *values: object, **named: object) -> None:
        super().__init__(*values, **named)  # type: ignore[arg-type]
        if isinstance(self.args, tuple):
            # The message of an error is no more told beside a text than behind it.
            self.args = tuple(map(_discreet, self.args))
        if self.exc_info and self.exc_info[1] is not None:
            self.exc_text = tell(self.exc_info[1])


def _discreet(value: object) -> object:
    return describe(value) if isinstance(value, BaseException) else value


def keep_faults_discreet() -> None:
    """Have all records of this process, whoever makes them, tell nothing of what faults hold."""
    logging.setLogRecordFactory(_DiscreetRecord)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
