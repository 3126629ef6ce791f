"""What our own secrets look like, for the scan of files: API keys and webhook secrets."""

import re

from detect_secrets.plugins.base import RegexBasedDetector


class TxlinkSecretDetector(RegexBasedDetector):
    """Finds secrets that this product makes, quoted or not."""

    secret_type = "txlink secret"  # noqa: S105 - the kind's name
    denylist = (
        re.compile(r"txk_[0-9a-f]{12}_[0-9A-Za-z_-]{43}"),
        re.compile(r"whsec_[0-9A-Za-z+/]{32,}={0,2}"),
    )
