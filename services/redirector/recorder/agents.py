"""What a user agent string tells about browser, operating system and device."""

import re
from functools import lru_cache
from typing import NamedTuple

import ua_parser
from ua_parser import OS, UserAgent

from services.redirector.recorder.crawlers import find_listed
from shared.domain.machine_agents import READ_LENGTH

CACHED_AGENTS = 10_000

TABLET = re.compile(r"iPad|Tablet|Kindle|\bSilk/|PlayBook", re.IGNORECASE)
# Facebook's and Instagram's own browsers on Android may name neither Android nor "Mobile".
MOBILE = re.compile(r"Mobi|iPhone|iPod|\[FBAN/|FBPN/com\.|Opera Mini|KAIOS|MIDP", re.IGNORECASE)
DESKTOP_SYSTEMS = frozenset(
    ("Windows", "Mac OS X", "Linux", "Ubuntu", "Fedora", "Debian", "Chrome OS", "FreeBSD")
)
# What stands in the place of a model that the agent does not give.
HIDDEN_DEVICES = frozenset(("K", "Generic Smartphone", "Generic Tablet", "Other", "Spider"))


class Agent(NamedTuple):
    """A user agent; None where it does not say.

    Attributes:
        device_type: ``mobile``, ``tablet``, ``desktop``, ``bot`` or ``unknown``.
        is_spider: Whether the parser knows it as a crawler.
        listed_as: What the public list of crawlers has it under; empty if it has not.
        is_familiar: Whether the parser found a browser, a system or a device in it.
    """

    browser: str | None
    browser_version: str | None
    os: str | None
    os_version: str | None
    device_type: str
    device: str | None
    is_spider: bool
    listed_as: str = ""
    is_familiar: bool = True


def read_agent(user_agent: str) -> Agent:
    """Parse a user agent string; never fails."""
    return _read(user_agent[:READ_LENGTH])


@lru_cache(maxsize=CACHED_AGENTS)
def _read(user_agent: str) -> Agent:
    parsed = ua_parser.parse(user_agent)
    browser, os, device = parsed.user_agent, parsed.os, parsed.device
    is_spider = device is not None and device.family == "Spider"
    os_family = os.family if os else None
    return Agent(
        browser=browser.family if browser else None,
        browser_version=_version(browser),
        os=os_family,
        os_version=_version(os),
        device_type="bot" if is_spider else _device_type(user_agent, os_family),
        device=device.family if device and device.family not in HIDDEN_DEVICES else None,
        is_spider=is_spider,
        listed_as=find_listed(user_agent),
        is_familiar=any((browser, os, device)),
    )


def _device_type(user_agent: str, os_family: str | None) -> str:
    if TABLET.search(user_agent):
        return "tablet"
    if MOBILE.search(user_agent):
        return "mobile"
    if os_family == "Android":
        return "tablet"
    # An iPad that asks for desktop pages says Macintosh and cannot be told from one.
    return "desktop" if os_family in DESKTOP_SYSTEMS else "unknown"


def _version(program: UserAgent | OS | None) -> str | None:
    if program is None:
        return None
    parts = (program.major, program.minor, program.patch, program.patch_minor)
    return ".".join(part for part in parts if part is not None) or None
