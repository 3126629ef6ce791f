"""What the sandbox carrier delivered, drawn for a terminal."""

import sys
import textwrap
from pathlib import Path
from typing import Any

import httpx

from services.cli.demo_account import demo_key_path

WIDTH = 46


def draw(message: dict[str, Any]) -> str:
    """Draw one message as a bubble, with whom it went to and what became of it."""
    receipt = message["receipt"] or "on its way"
    head = f"{message['sender_id'] or 'txlink'} → +{message['mobile']}"
    lines = [
        line
        for paragraph in message["text"].splitlines() or [""]
        for line in textwrap.wrap(paragraph, WIDTH, break_on_hyphens=False) or [""]
    ]
    body = "\n".join(f"│ {line:<{WIDTH}} │" for line in lines)
    foot = f"{receipt}, {message['segments']} segment(s), {message['encoding']}"
    edge = "─" * (WIDTH + 2)
    return f"{head}\n╭{edge}╮\n{body}\n╰{edge}╯\n  {foot}"


def show_sandbox(data_dir: Path, api_url: str, *, api_key: str | None, limit: int) -> None:
    """Print the newest messages that the sandbox was given, as the API tells them.

    Without a key, the demo account's of the local data folder is taken.

    Raises:
        SystemExit: There is no key, or the API cannot be reached or refuses it.
    """
    key_path = demo_key_path(data_dir)
    key = api_key or (key_path.exists() and key_path.read_text().strip())
    if not key:
        sys.exit("txlink: set TXLINK_API_KEY, or start with `make run`, which makes a demo key")
    try:
        response = httpx.get(
            f"{api_url}/sandbox/messages",
            params={"limit": limit},
            headers={"apikey": key},
            timeout=10,
        )
    except httpx.TransportError as error:
        sys.exit(f"txlink: {api_url} cannot be reached ({error}); is `make run` running?")
    if response.is_error:
        sys.exit(f"txlink: {response.json()['reason']}")
    messages = response.json()["messages"]
    print("\n\n".join(map(draw, messages)) if messages else "The sandbox was given nothing yet.")
