"""Whether a recipient's link was opened by somebody whom they sent it to."""

from typing import NamedTuple

OTHER_DEVICE = "forwarded:device"
OTHER_REGION = "forwarded:region"


class Opening(NamedTuple):
    """Where a person opened a link, and on what; None where that is not known.

    Attributes:
        os: The operating system, without its version.
        device: The model of the device.
        country: ISO code.
        region: The part of the country.
    """

    os: str | None
    device: str | None
    country: str | None
    region: str | None


def forwarded_reasons(first: Opening, later: Opening) -> tuple[str, ...]:
    """Say what in a later opening of a link is not as in the first.

    What either leaves open counts as the same: one phone has a model in one app and none in
    another, and a browser of its own in each.
    """
    is_other_device = _differ(first.os, later.os) or _differ(first.device, later.device)
    is_other_region = _differ(first.country, later.country) or _differ(first.region, later.region)
    return (OTHER_DEVICE,) * is_other_device + (OTHER_REGION,) * is_other_region


def _differ(first: str | None, later: str | None) -> bool:
    return first is not None and later is not None and first != later
