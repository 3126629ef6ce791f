"""A file in a request's body: as a field of a form, or alone. It goes to disk as it comes in."""

import asyncio
import os
import tempfile
from dataclasses import dataclass, field
from typing import IO

from starlette.datastructures import UploadFile
from starlette.requests import Request

from services.api.domain.errors import MalformedBodyError, MissingFieldError
from services.api.domain.upload_errors import UnsupportedUploadError, UploadTooLargeError
from services.api.operations.receive_upload import ReceivedFile
from services.api.schemas.form_parser import parse_form
from services.api.schemas.incoming_body import FileLimits, check_declared, incoming_chunks

MULTIPART = "multipart/form-data"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
RAW_KINDS = ("text/csv", "text/plain", XLSX)
FILE_FIELD = "file"
# What a form is larger than its file: boundaries, headers, and the other fields.
FORM_OCTETS = 2 << 20


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
        MalformedBodyError: It is no form, broke off, or has another file.
        UploadTooLargeError: It is over the limit; the rest is not read.
        DomainError: It stopped coming in, or came too slowly.
    """
    most = limits.octets + FORM_OCTETS
    check_declared(request, most, limits)
    form = await parse_form(request.headers, incoming_chunks(request, most, limits))
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
    check_declared(request, limits.octets, limits)
    file = await asyncio.to_thread(tempfile.TemporaryFile)
    try:
        async for chunk in incoming_chunks(request, limits.octets, limits):
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
