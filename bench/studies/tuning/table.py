"""The table of tries, results/tuning.csv: a line each, sorted; the lines of a pair are replaced together."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from bench.records.store import write_atomically
from bench.spec.errors import WorkError
from bench.studies.tuning.space import FIRST_SEED

# of a search, in their order: of the equal search, of a sampler's, and of both; the last trains the default recipe
STAGES = ("short", "long", "sampled", "confirm", "default")


@dataclass(frozen=True)
class Try:
    """One training of a pair with some settings.

    model: the column; score: on held-out examples of training lengths, by this metric; None where there is no number
    exact_match, token_accuracy: of the same examples; nats: of texts; steps_taken: of `steps` at most; status: as of
        records; key: of what is asked and of the sources that make it: a current one is not trained again
    """

    row: str
    model: str
    stage: str
    learning_rate: float
    hidden: int
    steps: int
    seed: int
    metric: str
    score: float | None
    exact_match: float
    token_accuracy: float
    nats: float | None
    status: str
    steps_taken: int
    seconds: float
    key: str

    @property
    def pair(self) -> tuple[str, str]:
        """Its row and its column."""
        return self.row, self.model

    @property
    def place(self) -> tuple[object, ...]:
        """Where it stands in the table."""
        return self.row, self.model, STAGES.index(self.stage), self.steps, self.hidden, self.learning_rate, self.seed


READERS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "int": int,
    "float": float,
    "float | None": lambda text: float(text) if text else None,
}
COLUMNS = {field.name: READERS[str(field.type)] for field in fields(Try)}


def read_tries(file: Path) -> list[Try]:
    """Read a table; one that is not there has no tries."""
    if not file.exists():
        return []
    try:
        with file.open(encoding="utf-8", newline="") as opened:
            found = [tried(line) for line in csv.DictReader(opened)]
    except (ValueError, TypeError, KeyError, OSError, csv.Error) as error:
        raise WorkError(f"{str(file)!r} is no table of tries: {type(error).__name__}: {error}") from error
    return found


def tried(line: dict[str, str]) -> Try:
    """Read a line of a table."""
    values: dict[str, Any] = {name: read(line[name]) for name, read in COLUMNS.items()}
    found = Try(**values)
    if found.stage not in STAGES or found.seed < FIRST_SEED:
        raise ValueError(f"a stage is one of {', '.join(STAGES)} and a seed {FIRST_SEED} or more; got {found}")
    return found


def replace_pair(file: Path, pair: tuple[str, str], tries: Iterable[Try]) -> None:
    """Write a table again, a pair's lines being these; lines of other pairs stay, whoever wrote them meanwhile."""
    write_tries(file, [*(each for each in read_tries(file) if each.pair != pair), *tries])


def write_tries(file: Path, tries: Iterable[Try]) -> None:
    """Write a table, sorted."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(COLUMNS), lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(each) for each in sorted(tries, key=lambda each: each.place))
    write_atomically(file, text.getvalue())
