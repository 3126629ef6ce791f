"""What carriers are called, in an account's row and in the code of two services."""

from typing import Final

# Shows messages to their sender instead of sending them.
SANDBOX: Final = "sandbox"
