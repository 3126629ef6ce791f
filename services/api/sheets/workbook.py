"""Records of an Excel workbook: openpyxl reads its small parts, the two large ones are streamed.

openpyxl keeps every shared string, and an element for every row that it has read, so its memory
grows with the file; here both stay flat, and a row takes less time too.
"""

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from io import BufferedReader
from typing import IO
from xml.parsers.expat import ExpatError

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.xml.constants import SHARED_STRINGS

from services.api.domain.sheet_errors import SheetError, SheetFault
from services.api.domain.sheets import SheetLimits
from services.api.sheets.records import Record, Records
from services.api.sheets.shared_strings import SharedStrings
from services.api.sheets.worksheet import DateFormats, read_worksheet

_MAX_PART_COUNT = 2_000
_MAX_UNPACKED_OCTETS = 1 << 30
# Parts that are held in memory as a whole.
_MAX_SMALL_OCTETS = 8 << 20
_SMALL_PARTS = ("[Content_Types].xml", "xl/workbook.xml", "xl/styles.xml")
# A real sheet of a million like rows comes to some fifty.
_MAX_RATIO = 200
_RATIO_FREE_OCTETS = 16 << 20
_WORKSHEET = "/worksheet"
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ExpatError,
    KeyError,
    NotImplementedError,
    OSError,
    RuntimeError,
)


class _Progress:
    """How much of the parts has been unpacked, as a share of the file's octets."""

    def __init__(self, file_octets: int, unpacked_octets: int) -> None:
        self._file_octets = file_octets
        self._unpacked_octets = max(unpacked_octets, 1)
        self._read_octets = 0

    def chunks(self, part: IO[bytes]) -> Iterator[bytes]:
        """Read a part to its end.

        Yields:
            Some tens of kilobytes at a time.
        """
        while chunk := part.read(1 << 16):
            self._read_octets += len(chunk)
            yield chunk

    def octets_read(self) -> int:
        """Return the share that has been read, in octets of the file."""
        return self._file_octets * self._read_octets // self._unpacked_octets


def open_workbook(file: BufferedReader, limits: SheetLimits) -> Records:
    """Read the first visible sheet of a workbook.

    Raises:
        SheetError: It is no workbook that is read; or, while records are read, it is damaged.
    """
    file.seek(0)
    try:
        archive = zipfile.ZipFile(file)
        _check_bounds(archive)
        if not any(name.casefold() == "xl/workbook.xml" for name in archive.namelist()):
            raise SheetError(SheetFault.NOT_A_WORKBOOK)
        reader = _read_small_parts(file)
        path = _visible_sheet(reader)
    except _DAMAGE as error:
        raise SheetError(SheetFault.DAMAGED_WORKBOOK) from error
    return _stream(archive, reader, path, limits)


def _check_bounds(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if any(part.flag_bits & 0x1 for part in parts):
        raise SheetError(SheetFault.ENCRYPTED)
    unpacked_octets = sum(part.file_size for part in parts)
    is_swollen = (
        len(parts) > _MAX_PART_COUNT
        or unpacked_octets > _MAX_UNPACKED_OCTETS
        or any(map(_is_bomb, parts))
    )
    if is_swollen:
        raise SheetError(SheetFault.SWOLLEN_WORKBOOK)


def _is_bomb(part: zipfile.ZipInfo) -> bool:
    # zipfile reads no more of a part than its header declares.
    if part.filename in _SMALL_PARTS or part.filename.endswith(".rels"):
        return part.file_size > _MAX_SMALL_OCTETS
    excess = part.file_size - _RATIO_FREE_OCTETS
    return excess > 0 and part.file_size > _MAX_RATIO * part.compress_size


def _read_small_parts(file: BufferedReader) -> ExcelReader:
    reader = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
    try:
        reader.read_manifest()
        reader.read_workbook()
        apply_stylesheet(reader.archive, reader.wb)
    except _DAMAGE:
        raise
    # openpyxl trusts what it reads, so damage shows as an error of any class.
    except Exception as error:
        raise SheetError(SheetFault.DAMAGED_WORKBOOK) from error
    return reader


def _visible_sheet(reader: ExcelReader) -> str:
    names = set(reader.archive.namelist())
    for sheet, relation in reader.parser.find_sheets():
        is_worksheet = str(relation.Type).endswith(_WORKSHEET) and relation.target in names
        if is_worksheet and sheet.state == "visible":
            return str(relation.target)
    raise SheetError(SheetFault.NOT_A_WORKBOOK)


def _stream(
    archive: zipfile.ZipFile, reader: ExcelReader, path: str, limits: SheetLimits
) -> Records:
    shared = reader.package.find(SHARED_STRINGS)  # type: ignore[no-untyped-call]
    strings_path = None if shared is None else str(shared.PartName).lstrip("/")
    paths = [path] if strings_path is None else [strings_path, path]
    try:
        unpacked_octets = sum(archive.getinfo(name).file_size for name in paths)
    except KeyError as error:
        raise SheetError(SheetFault.DAMAGED_WORKBOOK) from error
    file_octets = archive.fp.seek(0, 2) if archive.fp else 0
    progress = _Progress(file_octets, unpacked_octets)
    formats = DateFormats(
        epoch=reader.wb.epoch,
        dates=_styles(reader, "_date_formats"),
        durations=_styles(reader, "_timedelta_formats"),
    )

    def rows() -> Iterator[Record]:
        try:
            with SharedStrings(limits.cell_characters) as strings:
                if strings_path is not None:
                    with archive.open(strings_path) as part:
                        strings.load(progress.chunks(part))
                with archive.open(path) as part:
                    yield from read_worksheet(progress.chunks(part), strings, formats, limits)
        except _DAMAGE as error:
            raise SheetError(SheetFault.DAMAGED_WORKBOOK) from error

    return Records(rows(), [], octets_read=progress.octets_read)


def _styles(reader: ExcelReader, name: str) -> frozenset[int]:
    # openpyxl has worked them out and has no public name for them.
    styles: Iterable[int] = getattr(reader.wb, name)
    return frozenset(styles)
