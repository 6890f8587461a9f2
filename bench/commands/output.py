"""Standard output as it may be: of any encoding, closed, full, or a pipe that nobody reads any more."""

from __future__ import annotations

import codecs
import io
import os
import sys
from contextlib import suppress

from bench.spec.errors import WorkError

LOOKALIKES = {"\u2026": "...", "\u2013": "-", "\u2212": "-", "\u00d7": "x", "\u00b1": "+/-", "\u2020": "*"}


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
