"""Which carriers there are, by the names that accounts use."""

import random  # noqa: TID251 - named for its type; the generator is injected
from collections.abc import Mapping

from services.worker.carriers import sandbox
from services.worker.carriers.port import Carrier
from services.worker.storage.sandbox import SandboxBook
from shared.clock import Clock
from shared.domain.carriers import SANDBOX


def build_carriers(
    *,
    sandbox_book: SandboxBook,
    sandbox_timing: sandbox.SandboxTiming,
    draw: random.Random,
    clock: Clock,
) -> Mapping[str, Carrier]:
    """Set up every carrier of this worker."""
    return {SANDBOX: sandbox.SandboxCarrier(sandbox_book, sandbox_timing, draw, clock)}
