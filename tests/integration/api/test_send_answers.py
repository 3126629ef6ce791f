"""The answers of /send, in each form and by the older paths."""

import re

import pytest
from defusedxml.ElementTree import fromstring

from services.api.schemas.reading import FORM
from tests.support.api import Api
from tests.support.sends import NUMBERS, TRACKED, TRADE_KEYS, Headers, send


async def test_the_answer_has_the_old_keys_as_texts_and_typed_ones_beside_them(
    api: Api, acme: Headers
) -> None:
    answer = await send(api, acme, **TRACKED)

    assert list(answer)[: len(TRADE_KEYS)] == TRADE_KEYS
    assert all(isinstance(answer[key], str) for key in TRADE_KEYS)
    assert re.fullmatch(r"\d{19}", answer["transactionId"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", answer["requestTime"])
    assert (answer["recipients"], answer["segments"], answer["encoding"]) == (2, 1, "GSM-7")
    assert answer["replayed"] is False


@pytest.mark.parametrize("output", ["plain", "xml"])
async def test_the_answer_comes_in_the_form_asked_for(
    api: Api, acme: Headers, output: str
) -> None:
    good = await api.client.get("/send", params=TRACKED | {"output": output}, headers=acme)
    bad = await api.client.get(
        "/send", params=TRACKED | {"output": output, "trackLink": "x"}, headers=acme
    )

    assert bad.status_code == 400
    if output == "plain":
        assert good.text.startswith(f"success | {NUMBERS} |  | ")
        assert bad.text.startswith("error | 147 | trackLink must be true or false")
    else:
        assert f"<mobile>{NUMBERS}</mobile>" in good.text
        assert "<statusCode>147</statusCode>" in bad.text


@pytest.mark.parametrize("output", ["json", "plain", "xml"])
@pytest.mark.parametrize("name", [r"\ud800x", r"\u0001x", r"\uffffx", r"</field>"])
async def test_a_name_that_no_text_can_hold_is_refused_in_valid_form(
    api: Api, acme: Headers, output: str, name: str
) -> None:
    body = f'{{"output":"{output}","{name}":1,"mobile":"919876543210","msg":"Hi"}}'

    response = await api.client.post(
        "/send", content=body, headers=acme | {"content-type": "application/json"}
    )

    assert response.status_code == 400
    assert "is not a parameter of this call" in response.text
    if output == "xml":
        assert fromstring(response.content).findtext("code") == "unknown_parameter"


@pytest.mark.parametrize(
    ("path", "output"), [("/SMSApi/send", "output"), ("/SMSApi/rest/send", "format")]
)
class TestOlderPaths:
    async def test_answer_plainly_by_default(
        self, api: Api, acme: Headers, path: str, output: str
    ) -> None:
        del output

        response = await api.client.get(path, params=TRACKED, headers=acme)

        assert response.status_code == 200
        fields = response.text.split(" | ")
        assert fields[:3] == ["success", NUMBERS, ""]
        assert len(fields) == len(TRADE_KEYS)

    async def test_answer_json_with_exactly_the_old_keys(
        self, api: Api, acme: Headers, path: str, output: str
    ) -> None:
        response = await api.client.post(
            path, data=TRACKED | {output: "json"}, headers=acme | {"content-type": FORM}
        )

        assert list(response.json()) == TRADE_KEYS
        assert all(isinstance(value, str) for value in response.json().values())

    @pytest.mark.parametrize(
        ("changed", "status_code"),
        [({"trackLink": "x"}, "147"), ({"msg": ""}, "400"), ({"userId": "x"}, "216")],
    )
    async def test_answer_errors_with_200(
        self,
        api: Api,
        acme: Headers,
        path: str,
        output: str,
        changed: dict[str, str],
        status_code: str,
    ) -> None:
        headers = {} if "userId" in changed else acme

        response = await api.client.get(
            path, params=TRACKED | changed | {output: "json"}, headers=headers
        )

        assert response.status_code == 200
        assert list(response.json()) == ["status", "statusCode", "reason"]
        assert response.json()["statusCode"] == status_code

    async def test_ignore_parameters_they_do_not_know(
        self, api: Api, acme: Headers, path: str, output: str
    ) -> None:
        response = await api.client.get(
            path, params=TRACKED | {output: "json", "channel": "2"}, headers=acme
        )

        assert response.json()["status"] == "success"
