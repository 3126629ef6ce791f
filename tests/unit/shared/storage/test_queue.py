"""What a job carries."""

import pytest

from shared.storage.queue import MessageSlice


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(MessageSlice(104_462_194_573_313, range(99_500, 100_000)), id="span"),
        pytest.param(MessageSlice(1, (0, 3, 499)), id="positions-of-a-retry"),
    ],
)
def test_slice_is_read_back_as_it_was_written(part: MessageSlice) -> None:
    assert MessageSlice.from_payload(part.to_payload()) == part


def test_span_takes_few_octets_however_many_messages() -> None:
    payload = MessageSlice(104_462_194_573_313, range(99_500, 100_000)).to_payload()

    assert len(payload) < 70
