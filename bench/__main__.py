"""The command line: python -m bench list | run | tables | promote | show."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from bench.cli import build_parser
from bench.spec.errors import RequestError, WorkError

FAILED, WRONG, INTERRUPTED = 1, 2, 130


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit code."""
    debug = False
    try:
        options = build_parser().parse_args(arguments)
        debug = options.debug
        if debug:
            os.environ["LENGTHWISE_DEBUG"] = "1"
        code = int(options.command(options))
        sys.stdout.flush()  # a full disk may refuse what was printed
        return code
    except RequestError as error:
        return complain(error, WRONG, debug)
    except WorkError as error:
        return complain(error, FAILED, debug)
    except OSError as error:
        with suppress(OSError):  # nor is the rest tried again when the process ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return complain(error, FAILED, debug)
    except KeyboardInterrupt:
        print("interrupted: what was finished is kept, run again to go on", file=sys.stderr)
        return INTERRUPTED


def complain(error: Exception, code: int, debug: bool) -> int:
    """Print an error as one line, or raise it for people who debug."""
    if debug:
        raise error
    print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
