"""Entry point of ``python -m services.redirector.recorder``."""

from services.redirector.recorder.main import main

main()
