"""What is stored of where a visitor comes from."""

from ipaddress import ip_address
from pathlib import Path

import asyncpg

from tests.support.database import REPOSITORY
from tests.support.journals import Journal, counts
from tests.support.links import seed_campaign
from tests.support.mmdb import Value, write_mmdb
from tests.support.recorder_process import recorder_process
from tests.support.waiting import until

CITIES = REPOSITORY / "tests" / "support" / "geo" / "GeoLite2-City-Test.mmdb"
PROXY = "10.0.0.5"


async def test_a_hit_has_its_visitors_address_place_and_network_as_the_environment_says(
    database_url: str, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    networks = tmp_path / "networks.mmdb"
    record: Value = {"autonomous_system_number": 2**32 - 2, "autonomous_system_organization": "A"}
    write_mmdb(networks, {"81.2.69.0/24": record}, database_type="Made-ASN")
    campaign = await seed_campaign(database_url)
    journal = Journal(tmp_path)
    journal.add(campaign, 0, address=PROXY, headers="x-forwarded-for: 1.1.1.1, 81.2.69.142\r\n")
    journal.add(campaign, 1, address=PROXY)
    journal.add(campaign, 2, address="9.9.9.9", headers="x-forwarded-for: 81.2.69.142\r\n")
    journal.close()

    async def are_recorded() -> bool:
        return (await counts(connection))[0] == 3

    with recorder_process(
        database_url,
        tmp_path,
        TRUSTED_PROXIES="10.0.0.0/8",
        GEOIP_CITY_DB=str(CITIES),
        GEOIP_ASN_DB=str(networks),
    ):
        await until(are_recorded)

    rows = await connection.fetch(
        "SELECT address, country, region, city, asn, as_organisation FROM hit ORDER BY position"
    )
    assert [tuple(row) for row in rows] == [
        (ip_address("81.2.69.142"), "GB", "England", "London", 4_294_967_294, "A"),
        (ip_address(PROXY), None, None, None, None, None),
        (ip_address("9.9.9.9"), None, None, None, None, None),
    ]
