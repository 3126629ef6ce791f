"""What is told once all processes are ready."""

from services.cli.addresses import Addresses
from services.cli.local_stack import help_on_own_database, help_text

ADDRESSES = Addresses.at_ports(api_port=8000, redirector_port=8001)


def test_the_console_is_told_of_where_there_is_one() -> None:
    for has_console in (True, False):
        texts = (
            help_text(ADDRESSES, "txk_demo", "", has_console=has_console),
            help_on_own_database(ADDRESSES, has_console=has_console),
        )

        assert [("/console/" in text) for text in texts] == [has_console] * 2
        assert all(text.endswith("\n\nCtrl-C stops everything.\n") for text in texts)
