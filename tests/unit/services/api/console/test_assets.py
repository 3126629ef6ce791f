"""What browsers load is what was pinned, and is asked for under a digest of it."""

from pathlib import Path

import pytest

from services.api.console.assets import STATIC, address_of, contents, digest
from tests.support.vendoring import FOLDERS, PINS, Pin, integrity_of, pins_of


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_vendored_files_are_those_that_were_pinned(folder: Path) -> None:
    pins = pins_of(folder)

    kept = {file.name for file in folder.iterdir()} - {PINS}
    assert kept == {name for pin in pins for name in pin.files.values()}
    for pin in pins:
        assert pin.integrity.startswith("sha512-")
        assert _has_licence(pin)
        for name, expected in pin.digests.items():
            assert integrity_of((folder / name).read_bytes()) == expected


def _has_licence(pin: Pin) -> bool:
    return any(name.endswith(".LICENSE") for name in pin.files.values())


def test_addresses_hold_the_digest_and_name_files_that_there_are() -> None:
    assert address_of("console.css") == f"/console/static/{digest()}/console.css"
    assert "vendor/htmx.min.js" in contents()
    assert "vendor/vendored.json" not in contents()
    with pytest.raises(KeyError):
        address_of("nothing.css")


def test_our_own_files_need_nothing_that_the_policy_forbids() -> None:
    for path, octets in contents().items():
        text = octets.decode()
        if path.startswith("vendor/"):
            continue
        for forbidden in ("eval(", "innerHTML", "insertAdjacentHTML", "document.write", "http:"):
            assert forbidden not in text.replace("http://www.w3.org/2000/svg", ""), path
    for template in (STATIC.parent / "templates").iterdir():
        text = template.read_text()
        for forbidden in ("<script>", " style=", " onclick=", " onchange=", "|safe", "| safe"):
            assert forbidden not in text, template.name
