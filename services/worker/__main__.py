"""Entry point of ``python -m services.worker``."""

from shared.garbage import run

run("services.worker.main")
