"""Entry point of ``python -m services.redirector``."""

from services.redirector.main import main

# Server processes of more than one worker import this module too.
if __name__ == "__main__":
    main()
