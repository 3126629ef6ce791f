"""The envelope of second-generation clients, for all calls but a send."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from starlette.responses import Response

from services.api.error_responses import error_values
from services.api.schemas.answers import render
from shared.domain.errors import DomainError

SUCCESS = "200"
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a call is named by in its answer, such as ``schedule`` and ``read``."""

    api: str
    action: str

    def success(
        self,
        rows: Sequence[Mapping[str, Any]],
        output: str = "json",
        beside: Mapping[str, Any] = NOTHING,
    ) -> Response:
        """Answer with the rows asked for, or acted upon, and with what stands beside them."""
        return self._render("success", "success", SUCCESS, rows, output, beside=beside)

    def refusal(self, error: DomainError, output: str = "json") -> Response:
        """Answer with what is wrong; with HTTP 200, since an old client knows no other status."""
        values = error_values(error)
        return self._render("error", values["reason"], values["statusCode"], (), output)

    def _render(
        self,
        status: str,
        message: str,
        code: str,
        rows: Sequence[Mapping[str, Any]],
        output: str,
        *,
        beside: Mapping[str, Any] = NOTHING,
    ) -> Response:
        response = {
            "api": self.api,
            "action": self.action,
            "status": status,
            "msg": message,
            "code": code,
            "count": len(rows),
            f"{self.api}_{self.action}List": [dict(row) for row in rows],
            **beside,
        }
        # In XML the root has that name already.
        return render(response if output != "json" else {"response": response}, output)
