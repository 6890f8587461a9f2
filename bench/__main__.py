"""The command line: python -m bench list | run | tables | ..."""

from __future__ import annotations

import os
import sys

from bench.cli import RENAMED, build_parser
from bench.commands.output import prepare_output, silence_output
from bench.spec.errors import RequestError, WorkError

FAILED, WRONG, INTERRUPTED = 1, 2, 130
CLOSED_PIPE = 141  # as of a program that a closed pipe ended: 128 and the signal's number


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit code."""
    debug = False
    try:
        prepare_output()
        options = build_parser().parse_args(arguments)
        debug = options.debug
        if debug:
            os.environ["LENGTHWISE_DEBUG"] = "1"
        if options.command in RENAMED:
            print(f"note: `{options.command}` is now called `{RENAMED[options.command]}`", file=sys.stderr)
        code = int(options.call(options))
        sys.stdout.flush()  # a full disk may refuse what was printed
        return code
    except RequestError as error:
        return complain(error, WRONG, debug)
    except WorkError as error:
        return complain(error, FAILED, debug)
    except BrokenPipeError:  # whoever read the output has had enough
        silence_output()
        return CLOSED_PIPE
    except OSError as error:
        silence_output()
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
