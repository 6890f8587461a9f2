"""The command line: python -m bench list | run | tables | ..."""

from __future__ import annotations

import codecs
import io
import os
import sys
from contextlib import suppress

from bench.cli import RENAMED, build_parser
from bench.spec.errors import RequestError, WorkError

FAILED, WRONG, INTERRUPTED = 1, 2, 130
CLOSED_PIPE = 141  # as of a program that a closed pipe ended: 128 and the signal's number
LOOKALIKES = {"\u2026": "...", "\u2013": "-", "\u2212": "-", "\u00d7": "x", "\u00b1": "+/-", "\u2020": "*"}


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


def prepare_output() -> None:
    """Let no character fail that is printed from now on; WorkError where standard output is closed."""
    if sys.stdout is None:
        raise WorkError("standard output is closed")
    codecs.register_error("lookalike", lookalike)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="lookalike")


def lookalike(error: UnicodeError) -> tuple[str, int]:
    """Return what is printed in place of characters that an encoding lacks, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    told = (LOOKALIKES.get(one) or one.encode("ascii", "backslashreplace").decode("ascii") for one in lacking)
    return "".join(told), error.end


def silence_output() -> None:
    """Drop what standard output could not take, so that it is not tried again when the process ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
