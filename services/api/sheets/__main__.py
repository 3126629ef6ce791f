"""The process that reads one file: from standard input, in frames to standard output.

It has little memory and time, so a file made to exhaust them ends it and nothing else.
"""

import os
import resource
import sys
import traceback
from io import BufferedReader

from services.api.domain.sheet_errors import SheetError, SheetFault
from services.api.domain.sheets import SheetLimits
from services.api.sheets import frames
from services.api.sheets.parsing import parse_sheet
from shared.domain.msisdn import NumberRules

# Of address space; any file that is read takes a third of it.
MEMORY_OCTETS = 512 << 20
CPU_S = 600


def main() -> int:
    """Read the file.

    Returns:
        The exit code: 0 also where the file is refused, since that is said in a frame.
    """
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_OCTETS, MEMORY_OCTETS))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    try:
        with open(0, "rb") as file:
            _read(file, frames.to_rules(sys.argv[1]))
    except SheetError as error:
        _write(frames.from_error(error))
    except MemoryError:
        _write(frames.from_error(SheetError(SheetFault.UNREADABLE)))
    except BrokenPipeError:
        # Nobody wants the rest; and nothing must be flushed into the broken pipe at exit.
        os._exit(1)
    except Exception as error:  # noqa: BLE001 -- this is the process's edge
        _write(frames.from_error(SheetError(SheetFault.UNREADABLE)))
        # Without the error's own words, which may hold a cell.
        traceback.print_tb(error.__traceback__)
        sys.stderr.write(f"{type(error).__name__}\n")
        return 1
    return 0


def _read(file: BufferedReader, rules: NumberRules) -> None:
    sheet = parse_sheet(file, rules, SheetLimits())
    _write(frames.from_header(sheet.header, sheet.warnings))
    for batch in sheet.batches:
        _write(frames.from_batch(batch))
    _write(frames.END)


def _write(frame: frames.Frame) -> None:
    sys.stdout.buffer.write(frames.to_octets(frame))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
