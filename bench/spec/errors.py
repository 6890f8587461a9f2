"""What goes wrong by request and what by work: the command line's exit codes."""


class RequestError(ValueError):
    """The request was wrong: one line with the value given and the valid choices (exit code 2)."""


class WorkError(RuntimeError):
    """The request was fine, the work failed: one line that says what and why (exit code 1)."""


def choose_from(kind: str, value: str, choices: "list[str] | tuple[str, ...]") -> RequestError:
    """Return the error for a name that is none of the choices."""
    return RequestError(f"unknown {kind} {value!r}; choose from: {', '.join(sorted(choices))}")
