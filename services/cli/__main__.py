"""``python -m services.cli``, and ``txlink``."""

from shared.garbage import run


def main() -> None:
    """Run the command that the arguments name."""
    run("services.cli.main")


if __name__ == "__main__":
    main()
