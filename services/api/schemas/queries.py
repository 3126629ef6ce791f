"""The query of a native call: no name that the call does not have, and none twice."""

from collections import Counter

from pydantic import BaseModel
from starlette.requests import Request

from services.api.domain.errors import RepeatedParameterError, UnknownParameterError
from services.api.schemas.complaints import described
from services.api.schemas.parameters import nearest


def query_names(request: Request) -> dict[str, str | None]:
    """Return what the query of the call may hold, with what is said of each."""
    names: dict[str, str | None] = {}
    for taken in request.scope["route"].dependant.query_params:
        kind = taken.field_info.annotation
        is_model = isinstance(kind, type) and issubclass(kind, BaseModel)
        names |= described(kind) if is_model else {taken.alias: taken.field_info.description}
    return names


def check_query(request: Request) -> None:
    """Refuse what would change the answer unseen: a misspelt name, and one of two values.

    Raises:
        UnknownParameterError: The call has no such parameter.
        RepeatedParameterError: It came more than once.
    """
    known = query_names(request)
    counts = Counter(name for name, _ in request.query_params.multi_items())
    for name, count in counts.items():
        if name not in known:
            raise UnknownParameterError(name, nearest(name, known))
        if count > 1:
            raise RepeatedParameterError(name)
