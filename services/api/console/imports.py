"""What numbers that were given at once came to: the counts, and the rows that were left out."""

from collections.abc import Sequence

from starlette.responses import Response

from services.api.console.number_words import REJECTIONS
from services.api.console.rendering import render
from services.api.console.visits import Visit
from services.api.schemas.imports import RejectedRowReport


def imported_page(
    visit: Visit,
    *,
    heading: str,
    back: str,
    counts: Sequence[tuple[str, int]],
    rejected_count: int,
    rejected: Sequence[RejectedRowReport],
) -> Response:
    """Answer with what became of a list of numbers.

    Args:
        visit: Of whoever gave it.
        heading: What was done with it.
        back: The page that it was given on.
        counts: What they count, with how many.
        rejected_count: Of rows that were left out.
        rejected: The first of them.
    """
    return render(
        visit.request,
        "imported.html",
        caller=visit.caller,
        heading=heading,
        back=back,
        counts=counts,
        rejected_count=rejected_count,
        rejected=rejected,
        reasons=REJECTIONS,
        done=None,
    )
