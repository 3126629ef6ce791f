"""What ``txlink run`` and ``make clean`` do with a server.

python -m shared.embedded_postgres watch DATA_DIR PORT
python -m shared.embedded_postgres remove DATA_DIR ...
"""

import argparse
import logging
import signal
import sys
from pathlib import Path
from threading import Event

from shared.embedded_postgres import EmbeddedPostgresError, remove, watch


def main() -> None:
    """Run the command that the arguments name.

    Raises:
        SystemExit: It went wrong, with its reason.
    """
    parser = argparse.ArgumentParser(prog="python -m shared.embedded_postgres")
    commands = parser.add_subparsers(required=True, dest="command")
    watching = commands.add_parser("watch", help="end with status 1 when the server dies")
    watching.add_argument("data_dir", type=Path)
    watching.add_argument("port", type=int)
    removing = commands.add_parser("remove", help="remove data folders for good")
    removing.add_argument("data_dirs", type=Path, nargs="+")
    chosen = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        if chosen.command == "watch":
            watch(chosen.data_dir, port=chosen.port, stopping=_on_signals())
        else:
            for data_dir in chosen.data_dirs:
                remove(data_dir)
    except EmbeddedPostgresError as error:
        sys.exit(str(error))


def _on_signals() -> Event:
    # Not by an exception: a server that is just being started would be left half way.
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


if __name__ == "__main__":
    main()
