"""`python -m callguard.console`, as the daemon starts it; the first line of its input says where the house is."""

import asyncio
import json
import sys

from callguard.console.launch import Launch


def main() -> int:
    """Serve the console until standard input ends."""
    launch = Launch.read(sys.stdin.buffer.readline())
    from callguard.console.process import live  # noqa: PLC0415  (a bad first line is told before the web is loaded)

    try:
        asyncio.run(live(launch))
    except OSError as error:
        sys.stdout.write(json.dumps({"cannot": error.strerror or str(error), "errno": error.errno}) + "\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
