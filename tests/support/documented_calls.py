"""Hooks of ``schemathesis run``: whose key each call carries, and the things that there are.

In the environment, ``DOCUMENTED_CALLS`` names a JSON file: by operation, such as ``GET /keys``,
the headers of its calls and the ids that a path of it may have. Every second call gets those, so
that more than refusals of unknown ids is reached.
"""

import itertools
import json
import os
from pathlib import Path
from typing import Any

import schemathesis

GIVEN = json.loads(Path(os.environ["DOCUMENTED_CALLS"]).read_text())  # noqa: TID251 - its only way in
TURNS = itertools.count()


@schemathesis.serializer("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
def as_workbook(_context: schemathesis.SerializationContext, value: object) -> bytes:
    """Send whatever was made for a workbook: most of it is none."""
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.hook
def before_call(
    _context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]
) -> None:
    """Give a call its key, and every second one the ids of things that there are."""
    given = GIVEN[case.operation.label]
    # Where a redirect leads is not ours to ask.
    kwargs["allow_redirects"] = False
    case.headers.update(given["headers"])
    if next(TURNS) % 2:
        for name in set(case.path_parameters or ()) & set(given["things"]):
            case.path_parameters[name] = given["things"][name]
