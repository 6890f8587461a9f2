"""The report, one offline page of a run: a section a kind of chart, within it a part a task."""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bench.records.store import Record, write_atomically
from bench.spec.home import PROGRAM
from bench.spec.settings import written
from bench.suites.suites import SUITES
from bench.views.charts import tiles
from bench.views.charts.figures import HEAT, SECTIONS
from bench.views.charts.material import NATS, Run, read_beside, read_run
from bench.views.charts.style import styled
from bench.views.columns import columns, headline
from bench.views.html import tables
from bench.views.html.answers import examples
from bench.views.html.inline import inlined, swatch

HERE = Path(__file__).resolve().parent


@styled()
def write_report(out: Path, suite: str, reference: Path | None = None) -> Path:
    """Write report.html into a run's folder, from records alone; return its path.

    reference: a run whose families are shown beside the run's own, where it has any
    """
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    run = read_beside(out, suite, reference) if reference else read_run(out, suite)
    script = (HERE / "page.js").read_text(encoding="utf-8")
    count = itertools.count()  # no two charts of the page share a name
    page = environment.get_template("page.html").render(
        run=run,
        nats=NATS,
        style=Markup((HERE / "page.css").read_text(encoding="utf-8")),  # our own file
        script=Markup(script),  # our own file
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        swatches={style.index: swatch(style, f"style{style.index}") for style in run.styles.values()},
        columns=columns,
        headline=headline,
        ranked=(tables.ranked_rows, tables.ranked_cell),
        heat=tiles,
        measures=HEAT,
        sections=[section for section in SECTIONS if section.tasks(run)],
        inlined=lambda task, panel: inlined(task, panel, f"c{next(count)}"),
        numbers=tables.NUMBERS,
        answers={task: examples(run.records(task), run.styles) for task in run.tasks},
        facts=facts(run),
        commands=commands(run),
    )
    write_atomically(out / "report.html", page)
    return out / "report.html"


def facts(run: Run) -> list[tuple[str, list[str]]]:
    """Return what is known of a run's origin: names with one line or more each."""
    records = [record for found in run.groups.values() for record in found]
    versions = [sorted((record.get("versions") or {}).items()) for record in records]
    changed = ", with changes that were not committed"
    commits = [
        f"{r['commit']}{changed if r['dirty'] else ''}" if r["commit"] else "no commit is known" for r in records
    ]
    tasks = []
    for task in run.tasks:
        own = [record for record in records if record["task"] == task]
        numbers = written(sorted({record["task_version"] for record in own}))
        tasks.append(f"{task}: version {numbers}, {', '.join(sorted({record['evaluation_hash'] for record in own}))}")
    return [
        ("Records", [f"{len(records)} of {len(run.groups)} pairs"]),
        ("Seeds", [written(sorted({record["seed"] for record in records}))]),
        ("Commits", counted(commits)),
        ("Devices", counted(device(record) for record in records)),
        ("Versions", counted(", ".join(f"{name} {said}" for name, said in each) or "unknown" for each in versions)),
        ("Training time", [f"{sum(record['timing']['train_seconds'] for record in records):,.0f} s in all"]),
        ("Endings", counted(record["status"] for record in records)),
        ("Tasks: version, evaluation set", tasks),
    ]


def counted(lines: Iterable[str]) -> list[str]:
    """Return each line once, with how many records say it where they do not all agree."""
    every = list(lines)
    once = sorted(set(every))
    return once if len(once) == 1 else [f"{line} ({every.count(line)} of {len(every)} records)" for line in once]


def device(record: Record) -> str:
    """Say where a record was made."""
    threads = record.get("threads")
    return f"{record['device']}, {threads} {'thread' if threads == 1 else 'threads'} each"


def commands(run: Run) -> list[tuple[str, str]]:
    """Return the commands that make the records and the page, with what each does; DIR: the run's folder."""
    made = [("Made this page from the records in DIR, and makes it again", f"{PROGRAM} report --out DIR")]
    if run.suite not in SUITES:
        return made
    seeds = sorted({record["seed"] for found in run.groups.values() for record in found})
    chosen = f"{seeds[0]}," if len(seeds) == 1 else ",".join(map(str, seeds))  # a comma makes it a list, not a count
    trains = f"{PROGRAM} run --suite {run.suite} --seeds {chosen} --out DIR"
    return [("Trains what is missing of the suite in DIR", trains), *made]
