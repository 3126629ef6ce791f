"""A file in a request's body: as a field of a form, or alone. It goes to disk as it comes in."""

import asyncio
import os
import tempfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import IO

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from services.api.domain.errors import MalformedBodyError, MissingFieldError
from services.api.domain.upload_errors import (
    UnsupportedUploadError,
    UploadCutOffError,
    UploadTimeoutError,
    UploadTooLargeError,
)
from services.api.operations.receive_upload import ReceivedFile

MULTIPART = "multipart/form-data"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
RAW_KINDS = ("text/csv", "text/plain", XLSX)
FILE_FIELD = "file"
MAX_FIELDS = 100
MAX_FIELD_OCTETS = 1 << 20
# What a form is larger than its file: boundaries, headers, and the other fields.
FORM_OCTETS = 2 << 20


@dataclass(frozen=True, slots=True)
class FileLimits:
    """How large a file may be, and how long it may stop coming in."""

    octets: int
    idle_s: float


@dataclass(frozen=True, slots=True)
class MultipartBody:
    """A form with its file.

    Attributes:
        fields: The other fields, in their order.
        received: None where the form has no file; otherwise the caller's to close.
    """

    fields: list[tuple[str, str]] = field(repr=False)
    received: ReceivedFile | None


def kind_of(request: Request) -> str:
    """Return the content type without its parameters, in small letters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def receive_file(request: Request, limits: FileLimits, *, name: str) -> ReceivedFile:
    """Take in the file of an upload, whichever way it is sent.

    Args:
        request: Whose body has not been read yet.
        limits: For the file.
        name: What the client calls it, where a form does not say.

    Raises:
        UnsupportedUploadError: The content type is no file's.
        MissingFieldError: There is no file, or nothing in it.
        UploadTooLargeError: It is over the limit; the rest is not read.
        DomainError: The body is malformed, or stopped coming in.
    """
    kind = kind_of(request)
    if kind == MULTIPART:
        received = (await read_multipart(request, limits)).received
    elif kind in RAW_KINDS:
        received = await _receive_raw(request, limits)
    else:
        raise UnsupportedUploadError(request.headers.get("content-type", ""))
    if received is None or not received.octet_count:
        if received is not None:
            received.file.close()
        raise MissingFieldError(FILE_FIELD, "a csv, txt or xlsx file")
    return ReceivedFile(name or received.name, received.octet_count, received.file)


async def read_multipart(request: Request, limits: FileLimits) -> MultipartBody:
    """Read a form with at most one file, in the field ``file``.

    Raises:
        MalformedBodyError: It is no form, or has another file.
        UploadTooLargeError: It is over the limit; the rest is not read.
        DomainError: It stopped coming in.
    """
    _check_declared(request, limits.octets + FORM_OCTETS, limits.octets)
    chunks = _chunks(request, limits.octets + FORM_OCTETS, limits)
    parser = MultiPartParser(
        request.headers,
        chunks,
        max_files=1,
        max_fields=MAX_FIELDS,
        max_part_size=MAX_FIELD_OCTETS,
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise MalformedBodyError(error.message) from error
    fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    files = [(name, value) for name, value in form.multi_items() if isinstance(value, UploadFile)]
    if not files:
        return MultipartBody(fields, None)
    name, upload = files[0]
    if name.casefold() != FILE_FIELD:
        upload.file.close()
        raise MalformedBodyError(f"the file must be in the field {FILE_FIELD}")
    received = await asyncio.to_thread(_written, upload.filename or "", upload.file)
    if received.octet_count > limits.octets:
        received.file.close()
        raise UploadTooLargeError(limits.octets)
    return MultipartBody(fields, received)


async def _receive_raw(request: Request, limits: FileLimits) -> ReceivedFile:
    _check_declared(request, limits.octets, limits.octets)
    file = await asyncio.to_thread(tempfile.TemporaryFile)
    try:
        async for chunk in _chunks(request, limits.octets, limits):
            await asyncio.to_thread(file.write, chunk)
        return await asyncio.to_thread(_written, "", file)
    except BaseException:
        file.close()
        raise


def _written(name: str, file: IO[bytes]) -> ReceivedFile:
    """Bring all of a file to disk, where another process can read it."""
    # A small file of a form is still in memory; asking for its number takes it to disk.
    number = file.fileno()
    file.flush()
    return ReceivedFile(name, os.fstat(number).st_size, file)


def _check_declared(request: Request, most: int, limit: int) -> None:
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > most:
        raise UploadTooLargeError(limit)


async def _chunks(request: Request, most: int, limits: FileLimits) -> AsyncGenerator[bytes]:
    """Read a body; it may be slow, but must not stop.

    Yields:
        Its octets, as they come in.

    Raises:
        UploadTooLargeError: There are more of them than may be.
        UploadTimeoutError: None came for too long.
        UploadCutOffError: The client is gone.
    """
    stream = request.stream()
    octet_count = 0
    while True:
        try:
            async with asyncio.timeout(limits.idle_s):
                chunk = await anext(stream, None)
        except TimeoutError as error:
            raise UploadTimeoutError(limits.idle_s) from error
        except ClientDisconnect as error:
            raise UploadCutOffError from error
        if chunk is None:
            return
        octet_count += len(chunk)
        if octet_count > most:
            raise UploadTooLargeError(limits.octets)
        if chunk:
            yield chunk
