"""Temporary folders that every account may enter."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_temporary_folder() -> Iterator[Path]:
    """Yield a folder that every account may enter, as pytest's ``tmp_path`` is not.

    An embedded Postgres of root's runs as ``nobody``; in ``tmp_path`` its data would be moved out
    to a folder that no test run removes.
    """
    with tempfile.TemporaryDirectory(prefix="txlink-test-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        yield folder
