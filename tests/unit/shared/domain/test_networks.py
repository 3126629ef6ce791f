import pytest

from shared.domain.networks import is_hosting


@pytest.mark.parametrize(
    "organisation",
    [
        "AMAZON-02",
        "Amazon.com, Inc.",
        "GOOGLE-CLOUD-PLATFORM",
        "Microsoft Corporation",
        "MICROSOFT-CORP-MSN-AS-BLOCK",
        "DIGITALOCEAN-ASN",
        "OVH SAS",
        "Hetzner Online GmbH",
        "Linode, LLC",
        "The Constant Company (Vultr)",
        "ORACLE-BMC-31898",
        "Alibaba (US) Technology Co., Ltd.",
        "HUAWEI CLOUDS",
        "Contabo GmbH",
        "Online S.A.S.",
        "Example Web Hosting Ltd",
        "Nowhere Data Centre Pvt Ltd",
        "Some Dedicated Servers Inc",
        "Acme VPS",
        "Facebook, Inc.",
        "Proofpoint, Inc.",
    ],
)
def test_networks_of_servers_are_told_by_their_name(organisation: str) -> None:
    assert is_hosting(organisation)


@pytest.mark.parametrize(
    "organisation",
    [
        "",
        "Reliance Jio Infocomm Limited",
        "Bharti Airtel Ltd., Telemedia Services",
        "Vodafone Idea Ltd",
        "BSNL National Internet Backbone",
        "ATRIA Convergence Technologies Pvt. Ltd.",
        "GOOGLE-FIBER",
        "Cloudflare, Inc.",
        "AKAMAI-AS",
        "FASTLY",
        "Zscaler, Inc.",
        "Orange S.A.",
        "T-Mobile USA, Inc.",
        "Colombia Movil",
    ],
)
def test_networks_of_people_and_what_many_people_leave_by_are_none(organisation: str) -> None:
    assert not is_hosting(organisation)
