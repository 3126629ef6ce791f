"""What is wrong with a form is told at its field, for eyes and for screen readers alike."""

import re

import pytest

from services.api.console.wrong_fields import Wrong, wrong_at
from tests.support.api import Api
from tests.support.consoles import Visitor

INVALID = re.compile(r'<[^>]*aria-invalid="true"[^>]*>')
DESCRIBED = re.compile(r'aria-describedby="([^"]*)"')
NOTES = re.compile(r'<p class="field-wrong" role="alert" id="([^"]+)"')
WRONG_FORMS: tuple[tuple[str, dict[str, str]], ...] = (
    ("/numbers", {"mobile": "12"}),
    ("/send/check", {"to": "numbers", "mobile": "12", "msg": "Hello"}),
    ("/send/test", {"to": "numbers", "testMobile": "12", "msg": "Hello"}),
    ("/settings/groups", {"name": ""}),
    ("/settings/keys/new", {"name": "", "scope-send": "on"}),
    ("/settings/keys/new", {"name": "shop", "scope-send": "on", "ip_allow_list": "nowhere"}),
    ("/settings/links", {"link_shape": "token", "gone_url": "nothing"}),
    ("/settings/opt-outs", {"mobile": "12"}),
    ("/settings/opt-outs", {"mobile": "919876543210", "note": "a\nb"}),
    ("/settings/privacy", {"addresses": "full", "clicks_kept_months": "x"}),
    ("/settings/webhooks", {"url": "nothing", "kind-click.recorded": "on"}),
)


@pytest.mark.parametrize(("path", "filled"), WRONG_FORMS)
async def test_a_field_that_is_wrong_is_marked_and_described_by_its_note(
    api: Api, asha: Visitor, path: str, filled: dict[str, str]
) -> None:
    del api

    page = await asha.send(path, filled)

    assert page.status_code == 400
    notes = NOTES.findall(page.text)
    (invalid,) = INVALID.findall(page.text)
    (described,) = DESCRIBED.findall(invalid)
    assert len(notes) == 1
    assert notes[0] in described.split()
    for name in described.split():
        assert page.text.count(f' id="{name}"') == 1


async def test_a_search_of_the_audit_trail_tells_of_each_day_that_is_none(asha: Visitor) -> None:
    page = await asha.get("/settings/audit?from=x&to=y")

    assert page.status_code == 400
    assert NOTES.findall(page.text) == ["from-wrong", "to-wrong"]
    assert len(INVALID.findall(page.text)) == 2


def test_what_is_wrong_is_found_by_its_field_and_form() -> None:
    name, note = Wrong("name", "no"), Wrong("note", "no", form="add")

    assert wrong_at(None, "name") is None
    assert wrong_at(name, "name") is name
    assert wrong_at(name, "note") is None
    assert wrong_at([name, note], "note", "add") is note
    assert wrong_at([name, note], "note", "import") is None
