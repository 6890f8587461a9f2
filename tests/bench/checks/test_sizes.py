"""`run --parameters`: families at matched sizes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from harness import OWN_MODELS, OWN_TASKS, Pretender, in_process, one_line, pretend, records_in
from meta import Dispatched

from bench.checks.sizes import REFUSED, Matching, nearest, parameters_of, shaped, trained_parameters
from bench.spec.catalogue import Catalogue
from bench.spec.settings import Change
from bench.suites.plan import plan
from bench.suites.suites import SUITES
from bench.trial.build import build_model, build_task
from models import MODELS
from models.registry import plain_family
from tasks import TASKS, Symbols

RUN = ("run", "--suite", "quick", "--seeds", 1, "--device", "cpu", "--jobs", 1)


IDS = 6  # three reserved ids and three symbols, as copy has them


PLUGIN = '''
"""Two families: one wants even sizes of 4 and more and looks at its weights, one has no setting `hidden`."""
import torch
from torch import nn
from models import register
from models.base import UnsuitableError


class Table(nn.Module):
    def __init__(self, source, target, width):
        super().__init__()
        self.read, self.write = nn.Embedding(source.size, width), nn.Linear(width, target.size)

    def forward(self, source, source_length, target_in):
        return self.write(self.read(target_in))


@register("even")
def even(source, target, *, hidden: int = 8):
    """A table of even width."""
    if hidden < 4 or hidden % 2:
        raise ValueError(f"hidden must be even and 4 or more; got {hidden}")
    table = Table(source, target, hidden)
    assert float(table.read.weight.abs().sum()) > 0
    return table


@register("fixed")
def fixed(source, target, *, width: int = 5):
    """A table whose width is called otherwise."""
    return Table(source, target, width)
'''


@pytest.fixture
def pretender(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Pretender:
    """Nothing is trained, and nothing is written but in the test's own folder."""
    stand_in: Pretender = pretend(monkeypatch)
    monkeypatch.setattr("bench.commands.places.RUNS", tmp_path / "runs")
    return stand_in


def gru_on_copy(hidden: int) -> int:
    """Count by hand: two embeddings, two layers of three gates with torch's two biases, the readout."""
    return 2 * IDS * hidden + 2 * 3 * (2 * hidden**2 + 2 * hidden) + IDS * hidden + IDS


def by_trying(parameters: int, count: Callable[[int], int | None], most: int) -> int | None:
    """Find the size that is nearest by looking at every one."""
    sizes = [size for size in range(1, most) if count(size) is not None]
    return min(sizes, key=lambda size: (abs((count(size) or 0) - parameters), size), default=None)


SHAPES: dict[str, Callable[[int], int | None]] = {
    "square": lambda size: 12 * size**2 + 30 * size + 6,
    "line": lambda size: 7 * size + 1000,
    "multiples of 8": lambda size: None if size % 8 else 90 * size**2 + 5 * size,
    "multiples of 128": lambda size: None if size % 128 else size**2,
    "from 20 on": lambda size: None if size < 20 else size**2,
    "up to 20": lambda size: None if size > 20 else size**2,
    "gap": lambda size: None if 9 < size < 40 else size**2,
    "none": lambda size: None,
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("parameters", [1, 2, 97, 399, 401, 1000, 8003, 16_385, 99_999])
def test_the_nearest_size_is_the_one_that_looking_at_all_finds(shape: str, parameters: int) -> None:
    count = SHAPES[shape]
    assert nearest(parameters, count) == by_trying(parameters, count, 3 * REFUSED + parameters // 7)


def test_a_count_that_no_size_changes_chooses_none() -> None:
    assert nearest(10**9, lambda size: 50) is None


def test_only_a_few_sizes_are_counted() -> None:
    tried: list[int] = []

    def count(size: int) -> int:
        tried.append(size)
        return size**2

    assert nearest(10**8, count) == 10**4
    assert len(set(tried)) < 35
    assert max(tried) < 3 * 10**4


@pytest.mark.parametrize("parameters", [300, 10_000, 123_456])
def test_sizes_come_near_the_number_and_generators_stay_as_they_were(parameters: int) -> None:
    catalogue = Catalogue()
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    specs = plan(SUITES["quick"], catalogue, ["copy"], ["gru", "majority"], [], None, Matching(parameters, catalogue))
    assert torch.equal(torch.random.get_rng_state(), before)
    sized, floor = specs
    best = by_trying(parameters, gru_on_copy, 200)
    assert (sized.model_settings["hidden"], sized.column) == (best, f"gru(hidden={best})")
    assert (floor.column, floor.model_settings) == ("majority", {})


@pytest.mark.parametrize("model", ["elman", "gru", "lstm", "transformer"])
def test_nothing_is_drawn_for_shapes(model: str) -> None:
    with Dispatched() as done:
        made = shaped(lambda: build_model(model, build_task("copy", {}), {}))
    assert made is not None
    assert {each.device.type for each in made.parameters()} == {"meta"}
    assert not {"aten::normal_", "aten::uniform_"} & set(done.launches)


def test_a_family_that_looks_at_its_weights_is_built_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def weighty(source: object, target: object, *, hidden: int) -> torch.nn.Module:
        layer = torch.nn.Linear(hidden, hidden)
        assert layer.weight.abs().sum().item() > 0  # which no tensor on the meta device can tell
        return layer

    monkeypatch.setitem(MODELS, "weighty", plain_family(weighty))
    before = torch.random.get_rng_state()
    assert trained_parameters(lambda: build_model("weighty", build_task("copy", {}), {"hidden": 3})) == 12
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize(
    ("name", "source", "expected"),
    [
        ("gru", Symbols(3), 2 * IDS * 64 + 2 * 3 * (2 * 64**2 + 2 * 64) + IDS * 64 + IDS),
        ("gru", None, IDS * 64 + 3 * (2 * 64**2 + 2 * 64) + IDS * 64 + IDS),
        ("majority", Symbols(3), None),
        ("decoder_only", None, None),
    ],
)
def test_a_family_is_counted_as_it_is_by_default(name: str, source: Symbols | None, expected: int | None) -> None:
    before = torch.random.get_rng_state()
    assert parameters_of(name, source, Symbols(3)) == expected
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_size_is_a_change_like_any_other() -> None:
    catalogue, layers = Catalogue(), Change("model", "layers", "2")
    names = ["copy"], ["gru"]
    (sized,) = plan(SUITES["quick"], catalogue, *names, [layers], 70, Matching(20_000, catalogue))
    hidden = Change("model", "hidden", str(sized.model_settings["hidden"]))
    assert [sized] == plan(SUITES["quick"], catalogue, *names, [layers, hidden], 70)
    assert sized.column == f"gru(hidden={hidden.text},layers=2,steps=70)"
    counted = Matching(1, catalogue).count(sized, {})
    assert counted is not None
    assert abs(counted - 20_000) < 2000


def test_columns_that_differ_in_nothing_but_their_size_become_one() -> None:
    catalogue = Catalogue()
    asked = SUITES["quick"], catalogue, ["sine"], ["linear_rnn"], [], None
    assert [spec.column for spec in plan(*asked)] == ["linear_rnn(hidden=1)", "linear_rnn"]
    (one,) = plan(*asked, Matching(500, catalogue))
    assert one.column == f"linear_rnn(hidden={one.model_settings['hidden']})"


def test_no_training_data_are_drawn_or_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for method in ("training_text", "judged_text", "stream"):
        monkeypatch.setattr(TASKS["words_toy"], method, lambda *_: pytest.fail("a text was read"))
    monkeypatch.setattr(TASKS["copy"], "sample", lambda *_: pytest.fail("an example was drawn"))
    catalogue = Catalogue()
    for suite, task in (("quick", "copy"), ("language", "words_toy")):
        for spec in plan(SUITES[suite], catalogue, [task], ["lstm"], [], None, Matching(5000, catalogue)):
            assert spec.model_settings["hidden"] > 10


def test_run_trains_the_sizes_and_names_families_that_are_far_off(
    tmp_path: Path, pretender: Pretender, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("--tasks", "copy,reverse", "--models", "gru,transformer,majority", "--parameters", 1500, "--steps", 9)
    done = in_process(capsys, *RUN, *asked, "--out", tmp_path)
    assert done.code == 0, done.err
    sizes = {job.pair: job.spec.steps for job in pretender.jobs}
    columns = (f"gru(hidden={by_trying(1500, gru_on_copy, 50)},steps=9)", "transformer(hidden=8,steps=9)")
    wanted = {(row, column): 9 for row in ("copy", "reverse") for column in (*columns, "majority(steps=9)")}
    assert sizes == wanted
    notes = [line for line in done.out.splitlines() if "parameters:" in line]
    assert notes == [
        "note: transformer has no size within 10 % of 1,500 parameters: "
        "transformer(hidden=8,steps=9) has 4,278 on copy, reverse"
    ]


@pytest.mark.slow
def test_records_hold_as_many_parameters_as_were_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--tasks", "copy", "--models", "elman,gru,lstm_attention", "--parameters", 2000, "--steps", 2)
    small = ("--set", "train.examples=8", "--set", "task.eval_lengths=10")
    assert in_process(capsys, *RUN, *asked, *small, "--out", tmp_path).code == 0
    counted = [made["parameters"] for made in records_in(tmp_path).values()]
    assert len(counted) == 3
    assert all(1800 <= each <= 2200 for each in counted), counted


def test_plug_ins_are_sized_too(tmp_path: Path, pretender: Pretender, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.py").write_text(PLUGIN)
    asked = ("--plugin", tmp_path / "mine.py", "--tasks", "copy", "--models", "even,fixed")
    done = in_process(capsys, *RUN, *asked, "--parameters", 500, "--out", tmp_path / "out")
    assert done.code == 0, done.err
    assert {job.spec.column for job in pretender.jobs} == {"even(hidden=42)", "fixed"}
    assert abs(2 * IDS * 42 + IDS - 500) < abs(2 * IDS * 40 + IDS - 500)
    assert [line for line in done.out.splitlines() if line.startswith("note: fixed")] == [
        f"note: fixed has no size within 10 % of 500 parameters: fixed has {2 * IDS * 5 + IDS} on copy"
    ]
    refused = in_process(capsys, *RUN, *asked, "--parameters", 500, "--set", "model.width=x", "--out", tmp_path / "out")
    one_line(refused, "unknown setting of model even 'width'", "hidden")


TWO = ("--tasks", "copy", "--models", "gru")


BAD_REQUESTS: dict[str, tuple[tuple[object, ...], tuple[str, ...]]] = {
    **{
        f"parameters {text!r}": (
            (*TWO, f"--parameters={text}"),
            ("--parameters must be a whole number from 1 to 1,000,000,000", f"got {text!r}"),
        )
        for text in ("0", "-1", "1.5", "1e4", "many", "", "9" * 20, "9" * 5000, "²")
    },
    "size twice": (
        (*TWO, "--parameters", 500, "--set", "model.hidden=9"),
        ("--parameters chooses model.hidden", "--set model.hidden"),
    ),
    "setting": ((*TWO, "--parameters", 500, "--set", "model.decoder=deaf"), ("'deaf'", "fed, blind")),
    "unsuitable pair": (("--tasks", "sine", "--models", "majority", "--parameters", 500), ("sine majority", "real")),
    "column": (
        ("--tasks", "sine", "--models", "linear_rnn(hidden=7)"),
        ("'linear_rnn(hidden=7)'", ", ".join(OWN_MODELS), "columns of suite quick: linear_rnn(hidden=1)"),
    ),
    "column of another row": (
        ("--tasks", "copy", "--models", "gru,linear_rnn(hidden=1)"),
        ("suite 'quick' has 'linear_rnn(hidden=1)' only in sine", "got task 'copy'"),
    ),
    "row": (
        ("--tasks", "addition(revresed)", "--models", "gru"),
        ("'addition(revresed)'", ", ".join(OWN_TASKS), "; rows: ", "addition(reversed)"),
    ),
    "half a name": (("--models", "linear_rnn(hidden=1"), ("'linear_rnn(hidden=1'", "linear_rnn(hidden=1)")),
}


@pytest.mark.parametrize("name", BAD_REQUESTS)
def test_a_bad_request_is_one_line(
    name: str, tmp_path: Path, pretender: Pretender, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, said = BAD_REQUESTS[name]
    one_line(in_process(capsys, *RUN, *arguments, "--out", tmp_path / "out"), *said)
    assert not pretender.jobs


def test_a_family_that_refuses_every_size_says_why(
    tmp_path: Path, pretender: Pretender, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.py").write_text(PLUGIN.replace("hidden < 4", "hidden > 0"))
    asked = ("--plugin", tmp_path / "mine.py", "--tasks", "copy", "--models", "even,fixed", "--parameters", 66)
    one_line(in_process(capsys, *RUN, *asked, "--out", tmp_path / "out"), "model even: hidden must be even", "got 8")


def columns(*arguments: object, suite: str = "full") -> list[tuple[str, str]]:
    """Name the pairs that a suite has under --tasks and --models."""
    tasks, models = ([part] if isinstance(part, str) else part for part in arguments)
    return [(spec.row, spec.column) for spec in plan(SUITES[suite], Catalogue(), tasks, models, [], None)]
