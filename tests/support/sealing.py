"""The key that tests seal secrets with."""

import base64

from pydantic import SecretStr

from shared.domain.sealing import Sealer

SECRET_KEYS = SecretStr(base64.b64encode(b"a key that only the tests have..").decode())
SEALER = Sealer.of_setting(SECRET_KEYS.get_secret_value())
# For the environment of a process.
SEALING = {"TXLINK_SECRET_KEYS": SECRET_KEYS.get_secret_value()}
