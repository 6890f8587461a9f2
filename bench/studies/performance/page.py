"""The page on speed and its tables, from a file of what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.probes.performance.measurement import PARTS, Measurement, Row
from bench.records.store import write_atomically
from bench.studies.pages import rendered
from bench.studies.performance.cases import FAMILIES, LENGTHS, LONG, NOTEBOOK
from bench.views.columns import Column
from bench.views.numbers import markdown_table

TEMPLATE = Path(__file__).with_name("page.md")
BESIDE = (LENGTHS, LONG, NOTEBOOK)
GROUPS = {  # of families whose steps are alike; the template has a paragraph on each
    "recurrent": ("elman", "rnn", "irnn", "linear_rnn", "gru", "lstm", "transducer"),
    "attention": ("transformer", "decoder_only", "lstm_attention"),
    "scans": ("lru", "min_gru", "selective_ssm"),
    "stepped": ("char_loop", "gru_cell", "stack_rnn", "tape_rnn", "location_attention"),
}
OTHERS = "others"

Cell = Callable[[Measurement, Row], str]


@dataclass(frozen=True)
class Written:
    """A column: its heading, short where there is little room, and how a row's cell is written; rank: see `Column`."""

    heading: str
    cell: Cell
    short: str
    rank: int = 1

    @property
    def column(self) -> Column:
        """The column as the terminal takes it."""
        return Column(self.heading, self.heading, short=self.short, rank=self.rank, words=not self.rank)


def milliseconds(seconds: float) -> str:
    """123, 12.3, 1.23: three digits."""
    return f"{1000 * seconds:#.3g}".rstrip(".")


def megabytes(count: int) -> str:
    """Bytes in millions."""
    return f"{count / 1e6:.1f}"


def times(ratio: float | None) -> str:
    """A ratio, or a dash where there is none."""
    return "-" if ratio is None else f"{ratio:.2f}"


def percent(share: float) -> str:
    """A share in whole percent."""
    return f"{100 * share:.0f}"


MODEL = Written("family", lambda found, row: f"{row.model}, {row.hidden}" if row.hidden else row.model, "family", 0)
TASK = Written("task", lambda found, row: row.task, "task", 0)
PEER = Written("beside", lambda found, row: row.peer if row.peer == NOTEBOOK else f"nn.{row.peer}", "beside", 0)
STEP = Written("ms a step", lambda found, row: milliseconds(row.seconds), "ms")
PEER_STEP = Written("its ms", lambda found, row: milliseconds(row.peer_seconds), "its ms", 2)
AGAINST_PEER = Written("times its speed", lambda found, row: times(row.against_peer), "x peer")
AGAINST_NN = Written("times torch.nn", lambda found, row: times(row.against_peer), "x nn")
AGAINST_TORCH = Written(
    "C over torch", lambda found, row: times(row.against_torch if row.has_kernels else None), "C/torch", 2
)
SHARE = Written("% of the product's rate", lambda found, row: percent(row.share(found.limit)), "% rate")
STEP_MEMORY = Written("MB", lambda found, row: megabytes(row.step_bytes), "MB", 2)
EVALUATION = Written("ms to evaluate", lambda found, row: milliseconds(row.evaluation_seconds), "eval ms", 3)
EVALUATION_MEMORY = Written("MB of it", lambda found, row: megabytes(row.evaluation_bytes), "eval MB", 3)

OF_FAMILIES = (MODEL, STEP, AGAINST_NN, SHARE, AGAINST_TORCH, STEP_MEMORY, EVALUATION, EVALUATION_MEMORY)
OF_PEERS = (TASK, MODEL, PEER, STEP, PEER_STEP, AGAINST_PEER, AGAINST_TORCH, SHARE, STEP_MEMORY)


def lines(found: Measurement, written: Sequence[Written], rows: Iterable[Row]) -> list[list[str]]:
    """Return the cells of rows."""
    return [[column.cell(found, row) for column in written] for row in rows]


def table(found: Measurement, written: Sequence[Written], rows: Iterable[Row]) -> str:
    """Return rows as a Markdown table."""
    names = sum(not column.rank for column in written)
    return markdown_table([column.heading for column in written], lines(found, written, rows), names)


def by_share(found: Measurement, rows: Iterable[Row]) -> list[Row]:
    """Return rows, those nearest to the limit first."""
    return sorted(rows, key=lambda row: -row.share(found.limit))


def families(found: Measurement) -> list[Row]:
    """Return the rows of all families on one task."""
    return by_share(found, found.table(FAMILIES))


def beside(found: Measurement) -> list[Row]:
    """Return the rows of what has a loop of others beside it, but for those of `families`."""
    return [row for name in BESIDE for row in found.table(name)]


def group_of(row: Row) -> str:
    """Return the group of a family."""
    return next((name for name, members in GROUPS.items() if row.model in members), OTHERS)


def groups(found: Measurement) -> Iterator[tuple[str, str]]:
    """Yield each group that has a row, and where its families' time goes, as a table."""
    parts = [Written(f"{part} %", part_cell(part), part) for part in PARTS]
    for name in (*GROUPS, OTHERS):
        rows = [row for row in families(found) if group_of(row) == name]
        if rows:
            yield name, table(found, (MODEL, SHARE, *parts), rows)


def part_cell(part: str) -> Cell:
    """Return what writes a part of a step's time."""
    return lambda found, row: percent(row.shares[part]) if row.shares else "-"


def products_table(found: Measurement) -> str:
    """Return the products' rates, and each as a share of the large one's."""
    rows = [
        (
            f"{each.rows} x {each.inner} times {each.inner} x {each.columns}",
            f"{each.rate / 1e9:.0f}",
            f"{each.torch_rate / 1e9:.0f}",
            percent(each.rate / found.limit),
        )
        for each in found.products
    ]
    return markdown_table(("product", "10^9 operations a second", "by torch's library", "% of the limit"), rows)


def performance_page(found: Measurement) -> str:
    """Return the page."""
    notebook = found.table(NOTEBOOK)
    return rendered(
        TEMPLATE,
        found=found,
        products=products_table(found),
        families=table(found, OF_FAMILIES, families(found)),
        beside=table(found, OF_PEERS, beside(found)),
        notebook=times(notebook[0].against_peer) if notebook else "",
        groups=list(groups(found)),
        spans=spans(found),
    )


def spans(found: Measurement) -> dict[str, dict[str, str]]:
    """Return of each group the lowest and the highest of each part and of the share of the limit, in percent."""
    said: dict[str, dict[str, str]] = {}
    for row in families(found):
        said.setdefault(group_of(row), {})
    for name, of_group in said.items():
        rows = [row for row in families(found) if group_of(row) == name and row.shares]
        of_group["rate"] = span([row.share(found.limit) for row in rows])
        of_group["within"] = span([products_in_kernels(found, row) for row in rows if row.peer])
        of_group |= {part: span([row.shares[part] for row in rows]) for part in PARTS}
    return said


def products_in_kernels(found: Measurement, row: Row) -> float:
    """What the needed operations would take at the rate of a product of the state's size, over the kernels' time."""
    alike = [each for each in found.products if each.inner == row.hidden] or found.products[:1]
    rate = max(alike, key=lambda each: each.columns).rate
    taken = row.shares["kernels"] * row.seconds
    return min(1.0, row.operations / (rate * taken)) if taken else 1.0


def span(values: Sequence[float]) -> str:
    """Say from where to where some shares go, in percent."""
    ends = list(dict.fromkeys(map(percent, (min(values), max(values))))) if values else ["-"]
    return f"{' to '.join(ends)} %"


def write_page(found: Measurement, page: Path) -> None:
    """Write the page to a file."""
    write_atomically(page, performance_page(found))
