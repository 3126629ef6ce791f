"""/healthz: whether this process can do its work."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from services.api.auth import api_context
from services.api.operations.check_health import check_health

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """That this process works and reaches its database."""

    status: str


@router.get("/healthz", summary="Whether the API reaches its database")
async def healthz(request: Request) -> Health:
    await check_health(api_context(request).reserve_engine)
    return Health(status="ok")
