"""What the redirector is measured against, each a server process of its own.

``python -m bench.redirect_peers bare PORT`` answers 302 without any work, on the same uvicorn.
``python -m bench.redirect_peers textbook PORT URL`` is the redirect as it is usually written: a
FastAPI route, a SQLAlchemy session, SELECT, INSERT, COMMIT.
"""

import sys
from collections.abc import AsyncIterator
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from starlette.types import Receive, Scope, Send

LOCATION = "https://shop.example.com/diwali"
HEADERS = [
    (b"location", LOCATION.encode()),
    (b"cache-control", b"private, no-store"),
    (b"content-length", b"0"),
]
OPTIONS: dict[str, Any] = {
    "loop": "uvloop",
    "http": "httptools",
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,
    "log_level": "error",
}


class Base(DeclarativeBase):
    """The textbook's tables."""


class ShortUrl(Base):
    """A row a token, as the textbook has it."""

    __tablename__ = "bench_short_url"
    token: Mapped[str] = mapped_column(primary_key=True)
    target: Mapped[str]


class Click(Base):
    """A row a click."""

    __tablename__ = "bench_click"
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str]
    address: Mapped[str]
    user_agent: Mapped[str]


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    del receive
    if scope["type"] != "http":
        # As a server without a start and a stop of its own says.
        raise ValueError(scope["type"])
    await send({"type": "http.response.start", "status": 302, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b""})


def textbook(database_url: str) -> FastAPI:
    engine = create_async_engine(database_url, pool_size=20)
    sessions = async_sessionmaker(engine)
    app = FastAPI()

    async def session() -> AsyncIterator[AsyncSession]:
        async with sessions() as opened:
            yield opened

    @app.get("/{token}")
    async def follow(
        token: str, request: Request, database: Annotated[AsyncSession, Depends(session)]
    ) -> Response:
        target = await database.scalar(select(ShortUrl.target).where(ShortUrl.token == token))
        if target is None:
            raise HTTPException(404)
        address = request.client.host if request.client else ""
        agent = request.headers.get("user-agent", "")
        await database.execute(
            insert(Click).values(token=token, address=address, user_agent=agent)
        )
        await database.commit()
        return RedirectResponse(target, 302)

    return app


def main() -> None:
    kind, port, *url = sys.argv[1:]
    app = bare if kind == "bare" else textbook(*url)
    uvicorn.run(app, port=int(port), **OPTIONS)


if __name__ == "__main__":
    main()
