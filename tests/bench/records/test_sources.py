"""Edits of a checkout: which results they make stale, and which they cannot have changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from harness import ROOT, SHORT, TINY, in_subprocess, python

from bench.records.key import fingerprint
from bench.spec.errors import RequestError

STALE = """
import sys
from pathlib import Path
from bench.records.key import key_of, sources_of
from bench.records.store import read_record, record_path
from bench.spec.catalogue import Catalogue
from bench.suites.plan import plan
from bench.suites.suites import find_suite
catalogue = Catalogue()
for spec in plan(find_suite("smoke"), catalogue, ["copy", "reverse"], ["elman", "gru"], [], 3):
    record = read_record(record_path(Path(sys.argv[1]), spec.row, spec.column, 0))
    if record["key"] != key_of(spec, 0, sources_of(spec, catalogue)):
        print(spec.task, spec.model)
"""
ALL = {("copy", "elman"), ("copy", "gru"), ("reverse", "elman"), ("reverse", "gru")}
REVERSE, GRU = ({cell for cell in ALL if name in cell} for name in ("reverse", "gru"))
EDITS: dict[str, tuple[str, str, str, set[tuple[str, str]]]] = {
    "model": ("models/gru.py", "state.contiguous()", "state.clone()", GRU),
    "model's default": ("models/gru.py", "tied: bool = False", "tied: bool = True", GRU),
    "model's comment": ("models/gru.py", "    tied: bool", "    # another\n    tied: bool", set()),
    "model's docstring": ("models/gru.py", '"""GRU: gated', '"""Other: gated', set()),
    "model's paper": ("models/gru.py", "arXiv 1406.1078", "arXiv:1406.1078", set()),
    "what models share": ("models/layers/recurrent.py", "DECODERS = (", "OTHERS = DECODERS = (", ALL),
    "another model": ("models/transformer.py", "from __future__", "X = 1\nfrom __future__", set()),
    "task": ("tasks/strings/reverse.py", ".clamp(min=0)", ".clamp(min=1)", REVERSE),
    "task that another inherits from": ("tasks/strings/copy.py", "symbols: int = 3", "symbols: int = 4", ALL),
    "task's version": ("tasks/strings/reverse.py", "    def rewrite", "    version = 2\n\n    def rewrite", REVERSE),
    "another task": ("tasks/signals/sine.py", "BINS = 64", "BINS = 32", set()),
    "what tasks share": ("tasks/strings/ends.py", "STOPS = (", "OTHERS = STOPS = (", ALL),
    "loss": ("bench/trial/losses.py", "clamp(min=1)", "clamp(min=2)", ALL),
    "hold-out": ("bench/trial/holdout.py", "SHARE = 8", "SHARE = 9", ALL),
    "evaluation": ("bench/trial/batches.py", "WIDTH = 256", "WIDTH = 128", ALL),
    "random streams": ("bench/trial/streams.py", "digest_size=8", "digest_size=7", ALL),
    "loss's text": ("bench/trial/losses.py", '"""', '"""Losses: ', set()),
    "text of an error of the trial": ("bench/trial/build.py", "is not a Python file", "is no Python file", set()),
    "text of a task's error": ("tasks/checks.py", "must be from 0 to 1", "must be a share", set()),
    "new option": ("bench/spec/spec.py", '    row: str = ""', '    smoothing: float = 0.1\n    row: str = ""', set()),
    "option's default": ("bench/spec/spec.py", "fits: int = 4096", "fits: int = 4097", ALL),
    "samples": ("bench/probes/samples.py", "COUNT = 2", "COUNT = 3", set()),
    "traces": ("bench/probes/samples.py", "FARTHEST = 200", "FARTHEST = 300", set()),
    "checks": ("bench/checks/contracts.py", "from __future__", "X = 1\nfrom __future__", set()),
    "records": ("bench/records/aside.py", "digest_size=4", "digest_size=5", set()),
    "tables": ("bench/analysis/summary.py", "0.99", "0.98", set()),
    "page": ("bench/views/numbers.py", "{scaled:.1f}", "{scaled:.2f}", set()),
    "statistics": ("bench/analysis/statistics.py", "LEVEL = 0.95", "LEVEL = 0.9", set()),
    "progress": ("bench/execution/progress.py", "BarColumn(24)", "BarColumn(20)", set()),
}


def planted(folder: Path, files: dict[str, str]) -> str:
    """Write files, the first of them a plug-in; return the plug-in's fingerprint."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return fingerprint(folder / next(iter(files)))


PLUGIN = {
    "mine.py": "import torch\nfrom helper import scale\nimport part.inner\nDATA_FILES = ('data/corpus.txt',)\n",
    "helper.py": "def scale():\n    return 2\n",
    "part/__init__.py": "",
    "part/inner.py": "from .deep import rate\nfrom ..farther import other\n",
    "part/deep.py": "rate = 3\n",
    "farther.py": "other = 4\n",
    "data/corpus.txt": "to be or not to be",
    "unread.txt": "that is the question",
    "unused.py": "x = 1\n",
}


@pytest.mark.parametrize("file", PLUGIN)
def test_a_plugins_key_covers_what_it_imports_from_beside_it_and_the_files_it_declares(
    file: str, tmp_path: Path
) -> None:
    before = planted(tmp_path / "one", PLUGIN)
    after = planted(tmp_path / "two", PLUGIN | {file: PLUGIN[file] + "y = 1\n"})
    assert (before == after) == (file in ("unread.txt", "unused.py"))


def test_files_may_be_renamed_and_moved(tmp_path: Path) -> None:
    renamed = {"other.py" if name == "mine.py" else name: text for name, text in PLUGIN.items()}
    renamed["other.py"] = renamed["other.py"].replace("from helper", "from tools.scales")
    renamed["tools/scales.py"] = renamed.pop("helper.py")
    assert planted(tmp_path / "two", dict(sorted(renamed.items(), key=lambda item: item[0] != "other.py"))) == planted(
        tmp_path / "one", PLUGIN
    )


def test_a_name_taken_from_another_module_is_another_source(tmp_path: Path) -> None:
    files = {"mine.py": "from a import f\nimport b\n", "a.py": "def f(): return 1\n", "b.py": "def f(): return 2\n"}
    other = files | {"mine.py": "from b import f\nimport a\n"}
    assert planted(tmp_path / "one", files) != planted(tmp_path / "two", other)


@pytest.mark.parametrize("declared", ["('none.txt',)", "3", "name()"])
def test_data_files_that_cannot_be_read_are_the_requests_fault(declared: str, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"mine.py': DATA_FILES = \(\"corpus.txt\",\) names files beside it"):
        planted(tmp_path, {"mine.py": f"DATA_FILES = {declared}\n"})


NETWORK = """
import helper
from torch import nn
from models import register

DATA_FILES = ("scale.txt",)


@register("mine")
class Mine(nn.Module):
    def __init__(self, source, target):
        super().__init__()
        self.readout = nn.Embedding(target.size, target.size)

    def forward(self, source, source_length, target_in):
        return helper.SCALE * self.readout(target_in)
"""


@pytest.mark.slow
def test_a_run_trains_again_once_a_plugins_helper_or_text_has_changed(tmp_path: Path) -> None:
    files = {"mine.py": NETWORK, "helper.py": "SCALE = 1\n", "scale.txt": "1", "other.txt": "1"}
    asked = ("run", *TINY, "--tasks", "copy", *SHORT, "--models", "mine", "--plugin", tmp_path / "mine.py")
    told = []
    for name in ("mine.py", "other.txt", "helper.py", "scale.txt"):
        for file, text in files.items():
            (tmp_path / file).write_text(text)
        done = in_subprocess(*asked, "--out", tmp_path / "out")
        assert done.code == 0, done.err
        told.append("nothing to train" in done.out)
        files[name] += "# changed" if name == "mine.py" else "\nOTHER = 2"
    assert told == [False, True, True, False]
    (tmp_path / "scale.txt").write_text("2")
    assert "nothing to train" not in in_subprocess(*asked, "--out", tmp_path / "out").out


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, four tiny cells trained in it."""
    root = tmp_path_factory.mktemp("checkout")
    for folder in ("tasks", "models", "bench"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    trained(root)
    assert len(contents(root)) == len(ALL)
    return root


def trained(root: Path) -> None:
    """Run the four cells in a checkout."""
    names = ("--tasks", "copy,reverse", "--models", "elman,gru", "--steps", 3)
    outcome = in_subprocess(
        "run", "--suite", "smoke", *names, "--jobs", 1, "--device", "cpu", "--out", "out", root=root
    )
    assert outcome.code == 0, outcome.err


def contents(root: Path) -> dict[tuple[str, str], bytes]:
    """Return each record's bytes."""
    found = {}
    for path in (root / "out" / "records").glob("*.json"):
        spec = json.loads(path.read_text())["spec"]
        found[spec["task"], spec["model"]] = path.read_bytes()
    return found


def edited(root: Path, name: str, old: str, new: str) -> str:
    """Edit a file of the checkout; return its text before."""
    before = (root / name).read_text()
    assert old in before, f"{name} changed: choose another edit"
    (root / name).write_text(before.replace(old, new, 1))
    return before


@pytest.mark.slow
@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_makes_stale_exactly_the_cells_that_it_could_change(edit: str, checkout: Path) -> None:
    name, old, new, stale = EDITS[edit]
    before = edited(checkout, name, old, new)
    try:
        lines = python(STALE, "out/records", root=checkout).splitlines()
    finally:
        (checkout / name).write_text(before)
    assert {tuple(line.split()) for line in lines} == stale


MOVES = {
    "models/gru.py": "models/gated.py",
    "models/layers/recurrent.py": "models/layers/stacks.py",
    "tasks/strings/reverse.py": "tasks/reverse.py",
    "bench/trial/losses.py": "bench/trial/means.py",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MOVES)
def test_a_file_that_is_renamed_or_moved_makes_nothing_stale(name: str, checkout: Path, tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    shutil.copytree(checkout, root)
    (root / name).rename(root / MOVES[name])
    old, new = (file.removesuffix(".py").replace("/", ".") for file in (name, MOVES[name]))
    for file in root.rglob("*.py"):
        file.write_text(file.read_text().replace(f"from {old} import", f"from {new} import"))
    assert not python(STALE, "out/records", root=root)


@pytest.mark.slow
def test_a_run_trains_again_exactly_the_cells_that_an_edit_made_stale(checkout: Path) -> None:
    before = contents(checkout)
    edited(checkout, "bench/analysis/summary.py", "0.99", "0.98")
    edited(checkout, "models/gru.py", "tied: bool = False", "tied: bool = False\n    other = 2")
    trained(checkout)
    after = contents(checkout)
    assert {cell for cell in ALL if after[cell] != before[cell]} == GRU
    assert len(list((checkout / "out" / "records" / "stale").iterdir())) == len(GRU)
