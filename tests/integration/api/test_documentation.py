"""What the documentation says of answers is what the API answers; its page needs no internet."""

import re

import pytest
from pydantic import BaseModel

from services.api.schemas.send_answers import ErrorAnswer, SendAnswer, TradeAnswer, TradeError
from tests.support.api import Api

Headers = dict[str, str]
SEND = {"mobile": "919876543210,12", "msg": "See https://a.example.com", "trackLink": "true"}


@pytest.mark.parametrize(
    ("path", "changed", "shape"),
    [
        pytest.param("/send", {}, SendAnswer, id="send"),
        pytest.param("/send", {"trackLink": "false"}, SendAnswer, id="without a link"),
        pytest.param("/send", {"test": "true"}, SendAnswer, id="dry run"),
        pytest.param("/send", {"trackLink": "maybe"}, ErrorAnswer, id="refusal"),
        pytest.param("/nowhere", {}, ErrorAnswer, id="no such path"),
        pytest.param("/SMSApi/send", {"output": "json"}, TradeAnswer, id="old send"),
        pytest.param(
            "/SMSApi/send", {"output": "json", "test": "true"}, TradeAnswer, id="old dry run"
        ),
        pytest.param(
            "/SMSApi/rest/send", {"format": "json", "msg": ""}, TradeError, id="old refusal"
        ),
    ],
)
async def test_an_answer_has_the_shape_that_is_documented(
    api: Api, acme: Headers, path: str, changed: dict[str, str], shape: type[BaseModel]
) -> None:
    answer = (await api.client.get(path, params=SEND | changed, headers=acme)).json()

    assert (
        shape.model_validate(answer, strict=True).model_dump(by_alias=True, exclude_unset=True)
        == answer
    )


async def test_the_page_of_documentation_is_served_whole_from_here(api: Api) -> None:
    page = (await api.client.get("/docs")).text

    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(loaded) >= 3
    assert all(address.startswith("/") for address in loaded)
    for address in [*loaded, "/openapi.json"]:
        assert (await api.client.get(address)).status_code == 200
