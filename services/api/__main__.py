"""``python -m services.api``."""

from shared.garbage import run

run("services.api.main")
