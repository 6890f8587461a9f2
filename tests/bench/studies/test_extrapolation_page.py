"""The command `extrapolation`: the page and the pictures of a run, the same each time, whatever a run lacks."""

from __future__ import annotations

import re
import shutil
import struct
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from extrapolation_records import ROWS, STRINGS, WORDS, suite_records
from harness import ROOT, in_process, record, score, text_record

from bench.records.store import Record, write_record
from bench.studies.extrapolation.charts import MOST_LINES, adversarial_curve, random_curve
from bench.studies.extrapolation.families import base_row, families, telling_lengths
from bench.studies.extrapolation.looks import chart_looks, short_names
from bench.studies.extrapolation.page import content
from bench.studies.extrapolation.words import STRUCTURE, structure_of, why
from bench.studies.extrapolation.write import write_extrapolation
from bench.suites.suites import SUITES
from bench.views.charts.material import Run, read_run
from bench.views.charts.panel import together
from bench.views.charts.style import LONGEST_NAME, label, looks_of, styled
from models import MODELS

BASELINE, PAGE = ROOT / "results" / "baseline" / "extrapolate", ROOT / "docs" / "extrapolation.md"
EXPECTED = (
    "copy reverse variable_copy addition(aligned) addition(plain) addition(reversed) human_numbers sine sine(three) "
    "repeat_symbol parity sort missing_symbol selective_copy brackets"
).split()
SECTIONS = ["addition(aligned)", "copy", "human_numbers", "parity", "reverse", "sine"]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the records of a whole run, where a checkout has them."""
    root = tmp_path_factory.mktemp("checkout")
    for made in suite_records(3):
        write_record(run_of(root) / "records", made)
    return root


@pytest.fixture(scope="module")
def run(checkout: Path) -> Run:
    return read_run(run_of(checkout), "extrapolate")


@pytest.fixture(scope="module")
def page(checkout: Path) -> str:
    """The page of that run."""
    write_extrapolation(run_of(checkout), None)
    return (run_of(checkout) / "extrapolation.md").read_text(encoding="utf-8")


def run_of(root: Path) -> Path:
    return root / "results" / "runs" / "extrapolate"


def page_of(capsys: pytest.CaptureFixture[str], out: Path, *records: Record) -> tuple[str, str]:
    """Write records and their page -> the page, what the command printed."""
    for made in records:
        write_record(out / "records", made)
    done = in_process(capsys, "extrapolation", "--out", out)
    assert (done.code, done.err) == (0, "")
    page = (out / "extrapolation.md").read_text(encoding="utf-8")
    check_page(page, out)
    return page, done.out


def check_page(page: str, folder: Path) -> None:
    """Its links lead somewhere, its tables are whole, no number is none."""
    anchors = re.findall(r'<a id="([\w-]+)"></a>', page)
    assert set(re.findall(r"\(#([\w-]+)\)", page)) <= set(anchors)
    assert len(set(anchors)) == len(anchors)
    for seen, path in re.findall(r"!\[(.+?)\]\(([^)]+\.png)\)", page):
        assert (folder / path).is_file()
        assert re.search(r"\d", seen)
    assert not re.search(r"\bnan\b|\binf\b|\bNone\b|\d{4}-\d\d-\d\d", page)
    for block in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        assert len({line.replace(r"\|", "").count("|") for line in block.splitlines()}) == 1


def rows_of(page: str, section: str, table: int) -> dict[str, list[str]]:
    """Return a table of a section: its first row under "", the others under their first cells."""
    part = next(part for part in re.split(r"^## ", page, flags=re.MULTILINE) if part.startswith(f"{section}\n"))
    lines = re.findall(r"(?:^\|.*\n)+", part, re.MULTILINE)[table].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in (lines[0], *lines[2:])]
    return {"": cells[0]} | {each[0]: each[1:] for each in cells[1:]}


@pytest.mark.slow
def test_command_writes_page_and_pictures_the_same_each_time(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("extrapolation", "--out", run_of(checkout), "--page", checkout / "docs" / "extrapolation.md")
    figures = run_of(checkout) / "figures" / "extrapolation"
    figures.mkdir(parents=True)
    (figures / "length-of-yesterday.png").write_bytes(b"")
    (figures.parent / "length-copy.png").write_bytes(b"of the report")
    done = in_process(capsys, *command)
    assert (done.code, done.err) == (0, "")
    for word in (">= 2000 (100x)", "addition(aligned)", "extrapolation.md"):
        assert word in done.out
    files = (checkout / "docs" / "extrapolation.md", run_of(checkout) / "extrapolation.md", *sorted(figures.iterdir()))
    first = {path: path.read_bytes() for path in files}
    assert in_process(capsys, *command).code == 0
    assert {path: path.read_bytes() for path in files} == first
    page, own = (path.read_text(encoding="utf-8") for path in files[:2])
    assert own == page.replace("](../results/runs/extrapolate/figures/", "](figures/")
    check_page(page, checkout / "docs")
    assert [path.name for path in sorted(figures.iterdir())] == sorted(
        ["training.png", *(f"memory-{model}-copy.png" for model in ("location_attention", "stack_rnn", "tape_rnn"))]
        + [f"length-{name}.png" for name in "addition-aligned copy human_numbers parity reverse sine".split()]
    )
    assert (figures.parent / "length-copy.png").read_bytes() == b"of the report"
    for path in figures.iterdir():
        width, height = struct.unpack(">II", path.read_bytes()[16:24])
        assert 400 < width <= 1000
        assert height <= 700


@pytest.mark.slow
def test_page_says_what_the_records_say(page: str) -> None:
    assert "suite `extrapolate`, seeds 0-2, commit 0000000; trained on cpu" in page
    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == [
        *SECTIONS,
        "Horizon against training length",
        "What the memory does",
    ]
    best = re.findall(r"^\| \[(.+?)\]\(#.*?\) \| (.*?) \| (.*?) \| (.*?) \|", page, re.MULTILINE)
    assert [task for task, *_ in best] == SECTIONS
    named = {task: rest for task, *rest in best}
    assert named["copy"] == ["`location_attention`", ">= 2000 (100x)", ">= 2000 (100x)"]
    assert named["human_numbers"][0] == "none (nearest: `pointer`)"
    assert named["sine"] == ["`linear_rnn`", ">= 5000 (100x)", "-"]  # as far as ridge, as many parameters
    first = rows_of(page, "copy", 0)
    heads = "family|given|L99 random|L99 adversarial|solved at 200|**20**|40|100|200|1,000|2,000"
    assert first[""] == heads.split("|")
    assert set(first) == {"", *(f"`{model}`" for model in STRINGS)}
    assert first["`location_attention`"][1:5] == [">= 2000 (100x)", ">= 2000 (100x)", "3/3", "100.0 / 100.0"]
    assert first["`gru`"][0] == "none: a state of fixed size"
    assert first["`decoder_only(positions=coupled)`"][0] == "which tokens belong together"
    assert rows_of(page, "sine", 0)["`gru`"][-1] == "-"  # overflowed
    assert rows_of(page, "sine", 1)[""] == ["family", "parameters", "steps / budget", "seconds"]
    assert set(rows_of(page, "human_numbers", 0)) == {"", *(f"`{model}`" for model in WORDS)}
    assert "Left out of the picture: `lstm`, `gru`, `lru`." in page
    assert "Least machine: deterministic context-free: one stack." in page


@pytest.mark.slow
def test_cells_of_the_tables_are_recomputed_from_the_records(page: str, run: Run) -> None:
    records = run.groups["copy", "stack_rnn"]
    wanted = []
    for length in (20, 40, 100, 200, 1000, 2000):
        random = np.mean([made["by_length"][str(length)]["right"] / 256 for made in records])
        kinds = [
            np.mean([kind["right"] / kind["examples"] for kind in made["adversarial"][str(length)].values()])
            for made in records
        ]
        wanted += [100 * random, 100 * np.mean(kinds)]
    cells = rows_of(page, "copy", 0)["`stack_rnn`"][4:]
    found = [float(part.replace(">", "")) for cell in cells for part in cell.split(" / ")]
    assert found == pytest.approx(wanted, abs=0.06)
    solved = sum(made["by_length"]["200"]["right"] >= 0.99 * 256 for made in records)
    assert rows_of(page, "copy", 0)["`stack_rnn`"][3] == f"{solved}/3"
    by_kind = {
        kind: np.mean([made["adversarial"]["200"][kind]["right"] for made in records])
        for kind in ("one_symbol", "palindrome")
    }
    assert rows_of(page, "copy", 1)["`stack_rnn`"][2].split()[0] == min(by_kind, key=lambda kind: by_kind[kind])


@pytest.mark.slow
def test_horizons_by_training_length_are_those_of_the_rows_own_tables(page: str, run: Run) -> None:
    table = rows_of(page, "Horizon against training length", 0)
    assert table[""] == ["family", "up to 5", "up to 10", "up to 20", "up to 40"]
    assert set(table) == {"", "`location_attention`", "`decoder_only(positions=coupled)`", "`gru`", "`lru`"}
    assert table["`lru`"] == ["-"] * 4
    horizons = {
        row: {family.model: family.row["l99"] for family in families(run, row)} for row in ROWS if "copy" in row
    }
    for row, place in (("copy(train_lengths=1-5)", 0), ("copy(train_lengths=1-10)", 1), ("copy", 2)):
        for model in ("location_attention", "decoder_only(positions=coupled)", "gru"):
            shown = re.match(r"(?:>= )?(\d+)", table[f"`{model}`"][place])
            assert shown
            assert int(shown[1]) == horizons[row][model]


def test_families_stand_in_order_of_horizon_then_adversarial_then_parameters(tmp_path: Path) -> None:
    def made(model: str, rights: dict[int, int], parameters: int, hard: int) -> Record:
        counts = {"examples": 100, "right": hard, "stopped_wrong": 0}
        sets = {str(length): {"a": counts} for length in rights}
        return record(rights, model=model, parameters=parameters, adversarial=sets)

    wide, far, lost = {3: 100, 6: 100, 9: 90}, {3: 100, 6: 100, 9: 100}, {3: 90, 6: 50, 9: 10}
    for one in (
        made("a large", far, 900, 100),
        made("b small", far, 100, 100),
        made("c soft", far, 1, 50),
        made("d near", wide, 1, 100),
        made("e lost", lost, 5, 0),
        made("f more lost", {3: 80, 6: 0, 9: 0}, 1, 0),
    ):
        write_record(tmp_path / "records", one)
    order = [family.model for family in families(read_run(tmp_path, "mine"), "copy")]
    assert order == ["b small", "a large", "c soft", "d near", "e lost", "f more lost"]


@pytest.mark.parametrize(
    ("row", "base"),
    [
        ("copy", None),
        ("addition(aligned)", None),
        ("copy(train_lengths=1-5)", "copy"),
        ("copy(train_lengths=1,2,4-8)", "copy"),
        ("addition(aligned)(train_lengths=1-40)", "addition(aligned)"),
        ("addition(aligned,train_lengths=1-40)", "addition(aligned)"),
        ("copy(symbols=3,train_lengths=1-5,stop=once)", "copy(symbols=3,stop=once)"),
        ("copy(train_lengths=1-5,symbols=3)", "copy(symbols=3)"),
    ],
)
def test_rows_that_vary_training_lengths_are_known_by_their_names(row: str, base: str | None) -> None:
    assert base_row(row) == base


@pytest.mark.parametrize(
    ("lengths", "inside", "told"),
    [
        ((1, 5, 20, 25, 40, 60, 100, 200, 1000, 2000), (5, 20), [20, 40, 100, 200, 1000, 2000]),
        ((10, 15, 20, 50, 95, 300), (10,), [10, 20, 50, 95, 300]),
        ((10, 12, 14), (10,), [10, 14]),
        ((3,), (3,), [3]),
        ((5, 30), (10,), [30]),
    ],
)
def test_accuracy_is_told_at_multiples_of_the_longest_training_length(
    lengths: tuple[int, ...], inside: tuple[int, ...], told: list[int], tmp_path: Path
) -> None:
    write_record(tmp_path / "records", record(dict.fromkeys(lengths, 1), inside=inside))
    assert telling_lengths(families(read_run(tmp_path, "mine"), "copy")) == told


def test_a_chart_shows_the_largest_areas_in_colours_of_their_own(run: Run) -> None:
    found = content(run)
    looks = found.pictures["copy"].looks
    assert looks is not None
    assert len(looks) == MOST_LINES
    assert len({look.colour for look in looks.values()}) == MOST_LINES
    assert not {"gru", "lstm", "lru"} & set(looks)
    again = chart_looks(["a", "b"], looks_of("abc"))
    assert again == {name: looks_of("abc")[name] for name in "ab"}


def test_names_on_charts_are_short_and_no_two_are_alike() -> None:
    long = "location_attention(heads=2,move=convolution,start=delimiters,pointer=true)"
    names = short_names(["gru", "decoder_only(positions=rotary)", "rnn(two heads)", "rnn(hidden=8)", long])
    assert list(names.values())[:4] == ["gru", "decoder_only rotary", "rnn two heads", "rnn hidden=8"]
    assert len(label(names[long])) <= LONGEST_NAME
    alike = short_names(["rnn(cell=gru)", "rnn(start=gru)"])
    assert alike == {"rnn(cell=gru)": "rnn(cell=gru)", "rnn(start=gru)": "rnn(start=gru)"}


def test_curves_are_means_over_kinds_for_every_seed(tmp_path: Path) -> None:
    for seed, right in enumerate((50, 100)):
        sets = {"6": {"a": {"examples": 10, "right": seed, "stopped_wrong": 0}, "b": {"examples": 2, "right": 2,
                "stopped_wrong": 0}}}  # fmt: skip
        write_record(tmp_path / "records", record({3: 100, 6: right}, seed=seed, adversarial=sets))
    (family,) = families(read_run(tmp_path, "mine"), "copy")
    lengths, values = random_curve(family)
    assert (lengths, values.tolist()) == ([3, 6], [[1, 0.5], [1, 1]])
    lengths, values = adversarial_curve(family)
    assert (lengths, values.tolist()) == ([6], [[0.5], [0.55]])


@pytest.mark.slow
@styled()
def test_all_that_a_picture_writes_lies_within_it(run: Run) -> None:
    for picture in content(run).pictures.values():
        figure = together(picture.heading, picture.panels, 2, picture.looks)
        box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
        assert min(box.x0, box.y0) >= 0, picture.name
        assert box.x1 <= width, picture.name
        assert box.y1 <= height, picture.name


@pytest.mark.slow
def test_a_memory_is_shown_where_a_familys_horizon_is_farthest_and_nearest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def made(task: str, last: int, values: list[Any]) -> Record:
        kept = [{"length": n, "source": ["a"], "written": ["b"], "series": {"place": values}} for n in (3, 6)]
        return record({3: 100, 6: last, 30: 0}, task=task, model="walker", traces=kept)

    far, near, between = made("far", 100, [1, 2]), made("near", 0, [7, None]), made("between", 98, [5])
    near["by_length"]["3"] |= {"right": 0, "tokens_right": 0}
    blank = made("blank", 100, [None]) | {"model": "silent"}
    empty = record({3: 1}, model="empty", traces=[{"length": 3, "source": [], "written": [], "series": {}}])
    page, _ = page_of(capsys, tmp_path, far, near, between, blank, empty)
    assert re.findall(r"^`(\w+)` on (\w+):$", page, re.MULTILINE) == [
        ("silent", "blank"),
        ("walker", "far"),
        ("walker", "near"),
    ]
    assert "place from 1 to 2, between 1 and 2, in 2 steps" in page
    assert "place has no number" in page


LONE = {
    "one record": record({3: 90, 6: 50, 30: 0}),
    "one length": record({3: 90}),
    "nothing right": record({3: 0, 6: 0}),
    "without training lengths": record({4: 100, 6: 50}),
    "a task of a plug-in": record({3: 90, 6: 50}, task="mine(kind=a|b)", model="mine(c|d)"),
    "another training length": record({3: 90, 6: 50}, task="copy(train_lengths=1-3)"),
    "a text": text_record({8: 2.0, 120_179: 1.5}),
    "values that overflowed": record({3: 0}, kind="values")
    | {"by_length": {"3": score(0, nrmse=None), "30": score(0, nrmse=None)}},
    "values that are exact": record({3: 0}, kind="values") | {"by_length": {"3": score(100, nrmse=0.0)}},
    "lines of a text": record({8: 90, 11: 50}, kind="stream", inside=(8,)),
    "diverged": record({3: 0, 6: 0}, status="diverged", curve=[{"step": 100, "loss": None, "exact": None}],
                       timing=record({3: 1})["timing"] | {"look_seconds": [1.0]}),
    "another kind of task": record({3: 90}) | {"spec": record({3: 1})["spec"] | {"task": "none", "model": "none"}},
    "no commit": record({3: 90}, commit=None, dirty=None),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("lone", LONE)
def test_a_run_of_one_record_has_a_page_that_names_what_it_lacks(
    lone: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, printed = page_of(capsys, tmp_path, LONE[lone])
    missing = page.split("## What is not here")[1]
    for word in ("no traces", "no row with other training lengths"):
        assert word in missing
        assert word in printed
    has_strings = LONE[lone]["kind"] == "symbols" and lone != "another training length"
    assert ("no adversarial sets" in missing) == has_strings
    assert ("judged by single symbols" in missing) == (LONE[lone]["kind"] == "text")
    assert ("no number to draw" in missing) == (lone == "values that overflowed")


@pytest.mark.slow
def test_families_without_sets_stand_beside_those_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sets = {"3": {"a": {"examples": 10, "right": 10, "stopped_wrong": 0}}}
    page, _ = page_of(
        capsys, tmp_path, record({3: 100, 6: 90}, adversarial=sets), record({3: 100, 6: 100}, model="plain")
    )
    assert rows_of(page, "copy", 0)["`gru`"][1:] == ["3 (1x)", ">= 3 (1x)", "0/1", "100.0 / 100.0", "90.0 / -"]
    assert rows_of(page, "copy", 0)["`plain`"][2] == "-"
    assert "copy: no adversarial sets of plain" in " ".join(page.split())


def test_a_folder_without_records_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = in_process(capsys, "extrapolation", "--out", tmp_path)
    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert "python -m bench run" in done.err


def test_every_row_of_the_page_and_every_family_has_its_words() -> None:
    specs = SUITES["extrapolate"].specs if "extrapolate" in SUITES else ()
    for row in {*EXPECTED, *(spec.row for spec in specs if base_row(spec.row) is None)}:
        assert why(row).endswith("."), row
        assert 80 < len(why(row)) < 700, row
        assert "{" not in why(row)
    assert why("nothing of the kind") == ""
    assert why("copy(symbols=3)") == why("copy")
    own = {name for name, model in MODELS.items() if model.__module__.startswith("models.")}
    assert own - set(STRUCTURE) <= {"char_loop"}  # a language model on characters


def test_structure_is_told_by_settings_where_these_decide() -> None:
    def told(model: str, **settings: Any) -> str:
        return structure_of({"model": model, "model_settings": settings})

    assert told("stack_rnn", hidden=32) == "a stack"
    assert told("decoder_only", positions="coupled", window=3) == "which tokens belong together"
    assert told("location_attention") == "attention moves by one place"
    assert told("location_attention", move="convolution") == "attention placed by where it stood"
    assert told("location_attention", start="before", heads=2) == "heads move by one place, from the delimiters on"
    assert told("mine", positions="coupled") == "-"


@pytest.mark.slow
def test_committed_page_and_pictures_are_those_of_the_committed_records(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not (BASELINE / "records").is_dir():
        pytest.skip("results/baseline/extrapolate does not exist yet")
    out, page = tmp_path / "results" / "baseline" / "extrapolate", tmp_path / "docs" / "extrapolation.md"
    shutil.copytree(BASELINE / "records", out / "records")
    assert in_process(capsys, "extrapolation", "--out", out, "--page", page).code == 0
    assert page.read_bytes() == PAGE.read_bytes(), "stale: run `python -m bench extrapolation` on the baseline"
    drawn = sorted(path.name for path in (BASELINE / "figures" / "extrapolation").glob("*"))
    assert drawn == sorted(path.name for path in (out / "figures" / "extrapolation").iterdir())
    pinned = re.search(r"^matplotlib==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert pinned
    if metadata.version("matplotlib") == pinned[1]:  # another version draws other pixels
        for name in drawn:
            made, kept = (folder / "figures" / "extrapolation" / name for folder in (out, BASELINE))
            assert made.read_bytes() == kept.read_bytes(), name
