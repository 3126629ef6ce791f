"""Install what is locked: by uv, which takes seconds, from where pip is told to look.

python requirements/install.py ARGUMENTS...

The arguments are those that `pip install` and `uv pip install` share. uv reads no configuration of
pip's, so it is handed what that says of where packages are. Where a setting is none that uv could
be handed, where uv is not to be had, or fails, pip itself installs: what is installed is fixed by
the lists' hashes either way.
"""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

UV = Path(sys.prefix) / "bin" / "uv"
UV_LIST = Path(__file__).with_name("uv.txt")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")

# A later one is above those before it, as pip has it.
SECTIONS = ("global", "install", ":env:")
LINE = re.compile(r"^(?P<section>[\w:]+)\.(?P<key>[^=]+)=(?P<value>.*)$")
# pip's settings of where packages are and how to get there, as uv's variables with what stands
# between several values of one.
HANDED = {
    "index-url": ("UV_DEFAULT_INDEX", None),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", None),
    "client-cert": ("SSL_CLIENT_CERT", None),
    "proxy": ("ALL_PROXY", None),
    "timeout": ("UV_HTTP_TIMEOUT", None),
}
ALIASES = {"default-timeout": "timeout", "pypi-url": "index-url"}
# They say nothing of where packages are. What a constraint forbids, no locked list has asked.
OF_PIP_ALONE = {
    "break-system-packages",
    "cache-dir",
    "constraint",
    "disable-pip-version-check",
    "no-cache-dir",
    "no-color",
    "no-input",
    "no-warn-script-location",
    "progress-bar",
    "quiet",
    "require-virtualenv",
    "retries",
    "root-user-action",
    "verbose",
}
# As pip does: the best of all that is found anywhere, the system's certificates, and modules that
# are compiled, which a process that may write no bytecode would else do at each of its starts.
LIKE_PIP = {
    "UV_INDEX_STRATEGY": "unsafe-best-match",
    "UV_SYSTEM_CERTS": "true",
    "UV_COMPILE_BYTECODE": "true",
}


def uv_settings(pip_settings: Iterable[str]) -> dict[str, str] | None:
    """Return the variables that tell uv what pip is told.

    Args:
        pip_settings: The lines of `pip config list`.

    Returns:
        None if pip is told what uv cannot be.
    """
    variables: dict[str, tuple[int, str]] = {}
    for line in pip_settings:
        match = LINE.match(line)
        # Sections of other commands of pip's are not about installing.
        if match is None or match["section"] not in SECTIONS:
            continue
        key = match["key"].lstrip(".").replace("_", "-")
        key = ALIASES.get(key, key)
        if key in OF_PIP_ALONE:
            continue
        if key not in HANDED:
            return None
        variable, between = HANDED[key]
        value = str(ast.literal_eval(match["value"]))
        if between is not None:
            value = between.join(value.split())
        ranked = (SECTIONS.index(match["section"]), value)
        variables[variable] = max(variables.get(variable, ranked), ranked, key=lambda one: one[0])
    return {variable: value for variable, (_, value) in variables.items()}


def main() -> None:
    """Install what the arguments say.

    Raises:
        SystemExit: pip could not, with its status.
    """
    arguments = sys.argv[1:]
    if not _by_uv(arguments):
        sys.exit(subprocess.call([*PIP, "install", "--quiet", *arguments]))


def _by_uv(arguments: list[str]) -> bool:
    told = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=False)
    settings = uv_settings(told.stdout.splitlines()) if told.returncode == 0 else None
    if settings is None:
        return False
    # It is Rust: built from source it would take more than it saves.
    fetch = [*PIP, "install", "--quiet", "--require-hashes", "--only-binary", ":all:"]
    if not UV.exists() and subprocess.call([*fetch, "-r", str(UV_LIST)]) != 0:
        return False
    # What is set for uv itself is somebody's wish, and above pip's.
    environment = {**LIKE_PIP, **settings, **os.environ}
    command = [str(UV), "pip", "install", "--quiet", "--python", sys.executable, *arguments]
    return subprocess.call(command, env=environment) == 0


if __name__ == "__main__":
    main()
