"""`python -m callguard.console`, as the daemon starts it; the first line of its input says where the house is."""

import sys

from callguard.console.launch import Launch


def main() -> int:
    """Serve the console until standard input ends."""
    launch = Launch.read(sys.stdin.buffer.readline())
    from callguard.console.process import run  # noqa: PLC0415  (a bad first line is told before the web is loaded)

    return run(launch)


if __name__ == "__main__":
    sys.exit(main())
