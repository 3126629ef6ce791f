"""``python -m tests.security.advisories``: no version that is locked is known to be vulnerable.

It ends with 0 when all were looked up and none is, and when nobody can be asked, which it says;
with 1 when one is, or when some could be looked up and others could not.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REQUIREMENTS = "requirements/dev.txt"
# The second is asked where the first knows nothing.
SERVICES = ("pypi", "osv")
ANSWER_S = 10
LIMIT_S = 240


@dataclass(frozen=True, slots=True)
class Audit:
    """What a service said of all locked versions.

    Attributes:
        looked_up: How many it could be asked about.
        unknown: The packages that it could not be asked about.
        vulnerable: Package, version, and the names of what is known of it.
    """

    looked_up: int
    unknown: tuple[str, ...]
    vulnerable: tuple[str, ...]


def main() -> None:
    """Look every locked version up; the exit status says what came of it."""
    for service in SERVICES:
        audit = _ask(service)
        if audit is not None and audit.looked_up:
            sys.exit(verdict(audit))
    sys.stdout.write("NOT RUN: no advisory service can be reached from here\n")


def verdict(audit: Audit) -> str | None:
    """Return what is wrong; None if nothing is."""
    if audit.vulnerable:
        return "known to be vulnerable: " + "; ".join(audit.vulnerable)
    if audit.unknown:
        return "could not be looked up, others could: " + ", ".join(audit.unknown)
    sys.stdout.write(f"none of {audit.looked_up} locked versions is known to be vulnerable\n")
    return None


def read_audit(dependencies: Sequence[dict[str, Any]]) -> Audit:
    """Read what pip-audit printed of its dependencies."""
    unknown = tuple(each["name"] for each in dependencies if "skip_reason" in each)
    vulnerable = tuple(
        f"{each['name']} {each['version']} ({', '.join(vuln['id'] for vuln in each['vulns'])})"
        for each in dependencies
        if each.get("vulns")
    )
    return Audit(len(dependencies) - len(unknown), unknown, vulnerable)


def _ask(service: str) -> Audit | None:
    """Return what a service said; None if it gave no answer."""
    command = [
        *(str(Path(sys.executable).parent / "pip-audit"), "--requirement", REQUIREMENTS),
        *("--disable-pip", "--require-hashes", "--progress-spinner", "off"),
        *("--vulnerability-service", service, "--timeout", str(ANSWER_S), "--format", "json"),
    ]
    try:
        result = subprocess.run(
            command, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
        return read_audit(json.loads(result.stdout)["dependencies"])
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None


if __name__ == "__main__":
    main()
