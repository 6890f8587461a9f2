"""What is measured: cases asked for, and a file of JSON with what one machine took for them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from bench.records.store import write_atomically
from bench.spec.errors import WorkError
from bench.spec.home import PROGRAM
from bench.spec.spec import Spec

PARTS = ("products", "kernels", "pointwise", "optimiser", "python")  # of a step's time


@dataclass(frozen=True)
class Case:
    """A pair to time. table: of the page; peer: the loop beside it, a name of peers.py, "" for none."""

    table: str
    spec: Spec
    peer: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a case took: the least of all rounds, a mean over the steps of a round.

    tokens: that a step's strings hold, sources and targets, padding left out; strings held out of training count, which
        a peer reads too; operations: in the matrix products that a step needs, a product and a sum being two
    peer_tokens, peer_seconds: 0 where there is no peer; torch_seconds: the same step without kernels in C
    step_bytes, evaluation_bytes: the highest that torch allocates at once, beside what was there before
    shares: of the step's time, by PARTS; empty where it was not asked for
    """

    table: str
    task: str
    model: str
    hidden: int
    batch: int
    tokens: float
    seconds: float
    torch_seconds: float
    operations: float
    step_bytes: int
    evaluation_seconds: float
    evaluation_bytes: int
    peer: str = ""
    peer_tokens: float = 0.0
    peer_seconds: float = 0.0
    shares: dict[str, float]

    @property
    def against_peer(self) -> float | None:
        """How many times a peer's speed this is, None without a peer."""
        return self.peer_seconds / self.seconds if self.peer else None

    @property
    def against_torch(self) -> float:
        """How many times the speed without kernels in C this is."""
        return self.torch_seconds / self.seconds

    @property
    def has_kernels(self) -> bool:
        """Whether any of a step's time was in kernels in C."""
        return self.shares.get("kernels", 0) > 0

    def share(self, rate: float) -> float:
        """What the operations that a step needs would take at a rate (a second), as a share of its time."""
        return self.operations / (self.seconds * rate)


@dataclass(frozen=True)
class Product:
    """A matrix product (rows, inner) times (inner, columns), and its operations a second.

    rate: as a linear layer does it; torch_rate: by torch
    """

    rows: int
    inner: int
    columns: int
    rate: float
    torch_rate: float


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What one machine took, in one run: a file of its own says nothing about any other machine.

    products: the first is the large one, whose rate is the limit; the others are those of a recurrent step
    """

    processor: str
    instruction_set: str
    torch: str
    kernels: bool
    rounds: int
    steps: int
    examples: int
    products: list[Product]
    rows: list[Row]

    @property
    def limit(self) -> float:
        """Operations a second of the large matrix product, by whichever is faster."""
        return max(self.products[0].rate, self.products[0].torch_rate)

    def table(self, name: str) -> list[Row]:
        """Return the rows of a table."""
        return [row for row in self.rows if row.table == name]


def read_measurement(file: Path) -> Measurement:
    """Read a file; WorkError where it is not there, or is another."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Measurement)
    except OSError as error:
        raise WorkError(f"cannot read {str(file)!r}: {error.strerror}; `{PROGRAM} performance` writes it") from error
    except msgspec.MsgspecError as error:
        raise WorkError(f"{str(file)!r} is no file of `{PROGRAM} performance`: {error}") from error


def write_measurement(file: Path, measured: Measurement) -> None:
    """Write a file, numbers with five digits."""
    content = msgspec.json.format(msgspec.json.encode(rounded(asdict(measured))), indent=1)
    write_atomically(file, content + b"\n")


def rounded(value: object) -> object:
    """Return a value of JSON with five digits of every number that is not whole."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items()}
    return [rounded(each) for each in value] if isinstance(value, list) else value
