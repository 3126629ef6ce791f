"""The first page of the console."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.api.console.redirecting import see
from services.api.console.visits import enter
from services.api.domain.return_paths import CONSOLE

router = APIRouter()


@router.get("/")
async def show_home(request: Request) -> Response:
    """Lead on to the campaigns."""
    await enter(request)
    return see(f"{CONSOLE}/campaigns")
