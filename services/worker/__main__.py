"""Entry point of ``python -m services.worker``."""

from services.worker.main import main

main()
