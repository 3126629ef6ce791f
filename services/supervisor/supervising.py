"""Bring a set of processes up and down, in order."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TextIO

from services.supervisor.keeping import Keeper, Pace, ProcessSpec
from services.supervisor.terminal import Terminal

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_DEFAULT_PACE = Pace()


async def supervise(
    specs: Sequence[ProcessSpec],
    *,
    on_ready: Callable[[], Awaitable[None]] | None = None,
    output: TextIO | None = None,
    pace: Pace = _DEFAULT_PACE,
) -> None:
    """Keep processes running until SIGINT, SIGTERM or SIGHUP; a second one ends the grace.

    Args:
        specs: As for ``supervised``.
        on_ready: Called once all are ready; if it raises, all are stopped.
        output: As for ``supervised``; all are stopped when its reader has gone.
        pace: As for ``supervised``.

    Raises:
        SupervisorError: A process did not get ready; the others have been stopped.
    """
    terminal = Terminal([spec.name for spec in specs], output or sys.stdout)
    stop = _Stop()
    with _StoppedBySignals(stop):
        async with _supervised(specs, terminal, pace, stop):
            if on_ready is not None:
                await on_ready()
            await terminal.closed.wait()


@asynccontextmanager
async def supervised(
    specs: Sequence[ProcessSpec], *, output: TextIO | None = None, pace: Pace = _DEFAULT_PACE
) -> AsyncIterator[None]:
    """Keep processes running for as long as the context lasts.

    Args:
        specs: In the order of their start, each awaiting the one before; stopped in reverse.
        output: Takes their output and the supervisor's own words; None is standard output.
        pace: The supervisor's patience.

    Yields:
        When all are ready.

    Raises:
        SupervisorError: A process did not get ready; the others have been stopped.
    """
    terminal = Terminal([spec.name for spec in specs], output or sys.stdout)
    async with _supervised(specs, terminal, pace, _Stop()):
        yield


@dataclass(slots=True)
class _Stop:
    begun: bool = False
    hurry: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def _supervised(
    specs: Sequence[ProcessSpec], terminal: Terminal, pace: Pace, stop: _Stop
) -> AsyncIterator[None]:
    keepers: list[Keeper] = []
    try:
        for spec in specs:
            keepers.append(Keeper(spec, terminal, pace))
            await keepers[-1].start()
        yield
    finally:
        stop.begun = True
        terminal.say("stopping")
        for keeper in reversed(keepers):
            await keeper.stop(stop.hurry)


class _StoppedBySignals:
    """Turn the first signal into a cancellation that ends here, later ones into haste."""

    def __init__(self, stop: _Stop) -> None:
        self._stop = stop
        self._signalled = False

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        for number in _STOP_SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._on_signal)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        for number in _STOP_SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)
        if not (self._signalled and kind is asyncio.CancelledError and self._task):
            return False
        self._task.uncancel()
        return True

    def _on_signal(self) -> None:
        # Once stopping, a cancellation would interrupt just that.
        if self._stop.begun or self._signalled:
            self._stop.hurry.set()
        elif self._task:
            self._signalled = True
            self._task.cancel()
