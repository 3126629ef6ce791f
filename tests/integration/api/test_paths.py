"""What the API says of a path: that it is unknown, what it takes, and whether all is well."""

from tests.support.api import Api
from tests.support.reports import get
from tests.support.sends import Headers


async def test_a_path_names_what_it_takes(api: Api, acme: Headers) -> None:
    response = await api.client.delete("/campaigns", headers=acme)

    assert (response.status_code, response.headers["allow"]) == (405, "GET")


async def test_an_unknown_path_says_so_in_the_same_shape(api: Api) -> None:
    response = await api.client.get("/nothing")

    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


async def test_health_tells_that_the_database_is_reached(api: Api) -> None:
    assert await get(api, {}, "/healthz") == {"status": "ok"}
