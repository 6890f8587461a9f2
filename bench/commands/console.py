"""The terminal as all commands print to it; rich is imported with this module."""

from __future__ import annotations

from rich.console import Console

LOG_WIDTH = 120


class Terminal(Console):
    """Standard output: wide lines where it is no terminal, and names with brackets are never markup."""

    def __init__(self) -> None:
        super().__init__(markup=False, highlight=False)
        if not self.is_terminal:
            self.width = LOG_WIDTH

    def say(self, line: str) -> None:
        """Print a line of any length as it is."""
        self.print(line, soft_wrap=True)

    def notes(self, lines: list[str]) -> None:
        """Print what there is to note, a line each."""
        for line in lines:
            self.say(f"note: {line}")

    def on_broken_pipe(self) -> None:
        """Leave to the command line what a closed pipe means; rich would end the process."""
        raise  # the BrokenPipeError that rich is handling when it calls this
