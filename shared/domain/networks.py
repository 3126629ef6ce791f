"""Whose networks house machines rather than people."""

import re

# Names as the registries, and so the ASN files, write them. Not the networks that many people's
# traffic leaves by: Cloudflare, Akamai and Fastly carry iCloud Private Relay and WARP, and
# companies send their people through Zscaler.
HOSTING = re.compile(
    r"\b(?:amazon|aws|google(?!.?fiber)|microsoft|azure|digitalocean|ovh|hetzner|linode|vultr|"
    r"choopa|oracle|alibaba|aliyun|tencent|huawei.clouds?|contabo|leaseweb|scaleway|"
    r"online s\.?a\.?s|m247|datacamp|ionos|netcup|softlayer|rackspace|upcloud|"
    r"kamatera|hostinger|godaddy|quadranet|"
    r"colocrossing|hivelocity|psychz|servermania|equinix|ctrls|netmagic|e2e networks|"
    r"facebook|meta platforms|proofpoint|mimecast|barracuda|"
    r"(?:web.?)?hosting|data.?cent(?:er|re)s?|datacamp|vps|colo(?:cation)?|"
    r"(?:dedicated|virtual).servers?|cloud.(?:computing|services|platform))\b",
    re.IGNORECASE,
)


def is_hosting(organisation: str) -> bool:
    """Tell whether an organisation's network houses servers, and hardly a person's phone.

    Args:
        organisation: As an ASN file names it; empty if that is not known.
    """
    return bool(organisation) and HOSTING.search(organisation) is not None
