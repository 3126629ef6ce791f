"""Large sends take turns, and there are never more of them than may wait."""

import asyncio

import pytest

from services.api.domain.errors import SendsBusyError
from services.api.operations.large_sends import LargeSends


class Send:
    """A large send that goes on until it is told to end."""

    def __init__(self, sends: LargeSends) -> None:
        self.began = asyncio.Event()
        self._may_end = asyncio.Event()
        self._task = asyncio.create_task(self._run(sends))

    async def _run(self, sends: LargeSends) -> None:
        async with sends.place():
            self.began.set()
            await self._may_end.wait()

    async def end(self) -> None:
        self._may_end.set()
        await self._task

    async def give_up(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])


async def test_a_send_waits_for_its_turn() -> None:
    sends = LargeSends(concurrency=1, max_waiting=1)
    first, second = Send(sends), Send(sends)
    await first.began.wait()

    assert not second.began.is_set()

    await first.end()
    await second.began.wait()
    await second.end()


async def test_one_more_than_may_wait_is_refused_until_there_is_room() -> None:
    sends = LargeSends(concurrency=1, max_waiting=0)
    first = Send(sends)
    await first.began.wait()

    with pytest.raises(SendsBusyError):
        async with sends.place():
            pass

    await first.end()
    async with sends.place():
        pass


async def test_one_that_gives_up_waiting_leaves_its_place_to_others() -> None:
    sends = LargeSends(concurrency=1, max_waiting=1)
    first, second = Send(sends), Send(sends)
    await first.began.wait()

    await second.give_up()

    third = Send(sends)
    await first.end()
    await third.began.wait()
    await third.end()
