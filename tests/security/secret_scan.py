"""``python -m tests.security.secret_scan``: no file of this repository holds a secret.

What only looks like one has been looked at and stands in ``reviewed_secrets.json``, as a hash.
With ``--review`` all that is found now is put there, to be looked at in the diff.
"""

import json
import subprocess
import sys
from pathlib import Path

from detect_secrets.core.scan import scan_file
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).parents[2]
REVIEWED = Path(__file__).with_name("reviewed_secrets.json")
OWN = Path(__file__).with_name("own_secrets.py")
# Hashes of packages, and this list's own.
PASSED_OVER = (
    "requirements/",
    "services/api/console/static/vendor/",
    "tests/support/vendor/",
    "tests/security/reviewed_secrets.json",
)
DETECTORS = (
    *("AWSKeyDetector", "AzureStorageKeyDetector", "BasicAuthDetector", "GitHubTokenDetector"),
    *("GitLabTokenDetector", "JwtTokenDetector", "PrivateKeyDetector", "SlackDetector"),
    *("SendGridDetector", "StripeDetector", "TwilioKeyDetector", "NpmDetector"),
    *("PypiTokenDetector", "KeywordDetector"),
)
SETTINGS = {
    "plugins_used": [
        *({"name": name} for name in DETECTORS),
        {"name": "Base64HighEntropyString", "limit": 4.5},
        {"name": "HexHighEntropyString", "limit": 3.0},
        {"name": "TxlinkSecretDetector", "path": OWN.as_uri()},
    ],
    "filters_used": [
        {"path": "detect_secrets.filters.allowlist.is_line_allowlisted"},
        {"path": "detect_secrets.filters.heuristic.is_indirect_reference"},
        {"path": "detect_secrets.filters.heuristic.is_likely_id_string"},
        {"path": "detect_secrets.filters.heuristic.is_sequential_string"},
        {"path": "detect_secrets.filters.heuristic.is_templated_secret"},
    ],
}

Finding = tuple[str, str, str]


def main() -> None:
    """Scan, and end with 1 if something was found that nobody has looked at."""
    found = find_secrets(tracked_files())
    if sys.argv[1:] == ["--review"]:
        # One a line, so that a diff shows each.
        REVIEWED.write_text("[\n" + ",\n".join(map(json.dumps, sorted(found))) + "\n]\n")
        sys.stdout.write(f"{len(found)} findings are to be looked at in {REVIEWED.name}\n")
        return
    reviewed = {tuple(each) for each in json.loads(REVIEWED.read_text())}
    new = sorted((finding, line) for finding, line in found.items() if finding not in reviewed)
    for (path, kind, _), line in new:
        sys.stdout.write(f"{path}:{line}: looks like a secret ({kind})\n")
    if new:
        sys.exit("take them out, or look at each and run it with --review")
    sys.stdout.write(f"no secret in sight; {len(found)} look-alikes were reviewed\n")


def tracked_files() -> list[str]:
    """Return the files of the repository, and those that would be added to it."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [path for path in listed.stdout.splitlines() if not path.startswith(PASSED_OVER)]


def find_secrets(paths: list[str], root: Path = ROOT) -> dict[Finding, int]:
    """Return what looks like a secret: its file, its kind and its hash, and the line."""
    collection = SecretsCollection(root=str(root))
    with transient_settings(SETTINGS):
        for path in paths:
            if (root / path).is_file():
                for secret in scan_file(str(root / path)):
                    collection[path].add(secret)
        return {
            (path, secret.type, secret.secret_hash): secret.line_number
            for path, secret in collection
        }


if __name__ == "__main__":
    main()
