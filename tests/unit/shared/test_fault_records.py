"""Records of faults tell kinds and lines, and nothing of what the faults hold."""

import logging

import pytest

from shared.fault_records import describe, keep_faults_discreet, tell

SECRET = "919876543210"  # noqa: S105 - stands for any text or number


class RefusedError(Exception):
    sqlstate = "23505"
    constraint_name = "message_pkey"


def raised() -> BaseException:
    with pytest.raises(ExceptionGroup) as found:  # noqa: PT012 - one within another
        try:
            int(f"x{SECRET}")
        except ValueError as error:
            raise ExceptionGroup(SECRET, [RefusedError(SECRET)]) from error
    return found.value


def test_a_traceback_tells_every_kind_and_no_message() -> None:
    told = tell(raised())

    assert SECRET not in told
    for kind in ("ValueError", "ExceptionGroup", "RefusedError (sqlstate=23505"):
        assert kind in told
    assert "in raised" in told


def test_the_systems_own_words_are_told() -> None:
    assert describe(FileNotFoundError(2, "No such file", SECRET)) == (
        "FileNotFoundError (errno=2: No such file)"
    )


def test_no_handler_is_told_more(caplog: pytest.LogCaptureFixture) -> None:
    keep_faults_discreet()
    logger = logging.getLogger("test")

    logger.error("it failed: %s", raised(), exc_info=raised())

    assert "it failed: ExceptionGroup" in caplog.text
    assert "ValueError" in caplog.text
    assert SECRET not in caplog.text
