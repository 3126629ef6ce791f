from services.api.settings import DRAIN_S as API_DRAIN_S
from services.cli.addresses import Addresses
from services.cli.processes import processes
from services.redirector.settings import DRAIN_S as REDIRECTOR_DRAIN_S
from shared.schema.grants import Service
from tests.support.sealing import SEALING


def test_no_process_is_killed_while_it_may_still_finish_what_is_under_way() -> None:
    environment = {
        "DATABASE_URL": "postgresql://somebody:hidden@127.0.0.1/txlink",
        **SEALING,
        "TXLINK_WORKER_DRAIN_TIMEOUT_S": "45",
    }
    addresses = Addresses.at_ports(api_port=1, redirector_port=2)

    grace = {spec.name: spec.grace_s or 0 for spec in processes(environment, addresses, {})}

    assert grace["worker"] > 45
    assert grace["api"] > API_DRAIN_S
    assert grace["redirector"] > REDIRECTOR_DRAIN_S


def test_each_process_logs_in_as_its_own_role_where_it_has_one() -> None:
    environment = {"DATABASE_URL": "postgresql://owner@127.0.0.1/txlink", **SEALING}
    urls = {Service.API: "postgresql://txlink_api@127.0.0.1/txlink"}

    started = processes(environment, Addresses.at_ports(api_port=1, redirector_port=2), urls)

    urls_by_name = {spec.name: (spec.env or {})["DATABASE_URL"] for spec in started}
    assert urls_by_name["api"] == urls[Service.API]
    assert urls_by_name["worker"] == environment["DATABASE_URL"]
