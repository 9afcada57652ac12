"""The callguard command."""

from callguard.cli.main import cli


def main() -> None:
    """Run the command line."""
    cli(prog_name="callguard")


if __name__ == "__main__":
    main()
