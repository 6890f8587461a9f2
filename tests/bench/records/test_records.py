from __future__ import annotations

import json
import math
import os
import shutil
import string
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest
from harness import in_process, record, records_in, score, without
from hypothesis import example, given
from hypothesis import strategies as st

from bench.records.store import (
    SCHEMA,
    Record,
    cell_key,
    read_record,
    read_records,
    record_name,
    spec_hash,
    write_record,
)
from bench.records.strict_json import LARGEST_FILE
from bench.spec.spec import Spec
from bench.views.tables import write_tables

WHOLE = record({3: 90, 4: 50}, seed=1)
SAMPLE = WHOLE["samples"][0]
NEEDED = (
    "schema key sources task model task_version seed spec status train_lengths inside_lengths kind by_length "
    "parameters state steps evaluation_hash device timing curve samples first_batch spec_hash threads versions"
).split()


def planted(folder: Path, name: str, text: str | bytes) -> Path:
    """Write a file beside one whole record; return the records' folder."""
    records = folder / "records"
    write_record(records, record({3: 80, 4: 40}, seed=0))
    (records / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return records


def changed(path: str, value: Any) -> Record:
    """Return the whole record with one value changed: "by_length.3.right"."""
    made = json.loads(json.dumps(WHOLE))
    *parents, last = path.split(".")
    part = made
    for parent in parents:
        part = part[parent]
    part[last] = value
    return made


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = write_record(tmp_path, WHOLE)
    assert read_record(path) == json.loads(json.dumps(WHOLE))
    assert read_records(tmp_path) == ([read_record(path)], [])
    assert path.name == record_name("copy", "gru", 1)


def test_writing_again_replaces_the_record(tmp_path: Path) -> None:
    write_record(tmp_path, WHOLE)
    write_record(tmp_path, WHOLE | {"steps": 7})
    assert [made["steps"] for made in read_records(tmp_path)[0]] == [7]
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("crash", [OSError("disk full"), RuntimeError("broken"), KeyboardInterrupt()])
@pytest.mark.parametrize("where", ["pathlib.Path.replace", "os.fsync"])
def test_a_crash_while_writing_leaves_the_old_record_whole(
    where: str, crash: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_record(tmp_path, WHOLE)
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise crash

    with monkeypatch.context() as patched:
        patched.setattr(where, fail)
        with pytest.raises((type(crash), RuntimeError)):
            write_record(tmp_path, WHOLE | {"steps": 7})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_left_by_a_killed_writer_is_no_record(tmp_path: Path) -> None:
    records = planted(tmp_path, ".abcdef.tmp", "{")
    found, problems = read_records(records)
    assert ([made["seed"] for made in found], problems) == ([0], [])


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_no_number_that_json_lacks_is_written(number: float, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_record(tmp_path, WHOLE | {"by_length": {"3": score(1, nrmse=number)}})
    assert not list(tmp_path.iterdir())


DAMAGED: dict[str, str | bytes] = {
    "empty": b"",
    "a newline": b"\n",
    "binary": bytes(range(256)),
    "zeros": bytes(4096),
    "not JSON": b"<html></html>",
    "two records": json.dumps(WHOLE) * 2,
    "deeply nested": b"[" * 100_000,
    **{f"JSON of another type: {text}": text for text in ("null", "true", "3", '"text"', "[]", "{}")},
    "a list of records": json.dumps([WHOLE]),
    "another schema": json.dumps(WHOLE | {"schema": SCHEMA + 1}),
    "schema as text": json.dumps(WHOLE | {"schema": str(SCHEMA)}),
    **{f"without {name}": json.dumps(without(WHOLE, name)) for name in NEEDED},
    **{f"{name} of another type": json.dumps(WHOLE | {name: [3.5, None]}) for name in NEEDED if "lengths" not in name},
    **{f"{name} null": json.dumps(WHOLE | {name: None}) for name in NEEDED},
    "seed as truth": json.dumps(WHOLE | {"seed": True}),
    "no scores": json.dumps(WHOLE | {"by_length": {}}),
    "a length that is none": json.dumps(changed("by_length.three", score(1))),
    "a score that is none": json.dumps(changed("by_length.3", 0.5)),
    **{f"score without {name}": json.dumps(changed("by_length.3", without(score(1), name))) for name in score(1)},
    "score of no examples": json.dumps(changed("by_length.3.examples", 0)),
    "score of no tokens": json.dumps(changed("by_length.3.tokens", 0)),
    "more right than examples": json.dumps(changed("by_length.3.right", 101)),
    "right below zero": json.dumps(changed("by_length.3.right", -1)),
    "right as text": json.dumps(changed("by_length.3.right", "90")),
    "no inside length": json.dumps(changed("inside_lengths", [])),
    "inside length as text": json.dumps(changed("inside_lengths", ["3"])),
    "no seconds": json.dumps(changed("timing", {})),
    "seconds as text": json.dumps(changed("timing.train_seconds", "2.5")),
    "look without a step": json.dumps(changed("curve", [{"loss": 1.0, "exact": None}])),
    "look without a loss": json.dumps(changed("curve", [{"step": 1, "exact": None}])),
    "fewer seconds than looks": json.dumps(changed("timing.look_seconds", [1.2])),
    "a mask wider than its batch": json.dumps(changed("first_batch.lengths", [4, 2, 3])),
    "a mask of other rows": json.dumps(changed("first_batch.counted", [3, 2])),
    "a sample of numbers and names": json.dumps(changed("samples", [SAMPLE | {"written": ["a", 0.5]}])),
    "a sample without its answer": json.dumps(changed("samples", [without(SAMPLE, "written")])),
    "errors by place as text": json.dumps(changed("by_length.3.errors_at", ["0.5"])),
    "no errors by place": json.dumps(changed("by_length.3.errors_at", [])),
    "spec without fields": json.dumps(changed("spec", {})),
    "spec of another type": json.dumps(changed("spec.steps", "many")),
    "settings in settings": json.dumps(changed("spec.task_settings", {"symbols": [[3]]})),
    "without commit": json.dumps(without(WHOLE, "commit")),
    "without dirty": json.dumps(without(WHOLE, "dirty")),
    "no speed": json.dumps(changed("timing.tokens_per_second", "1000")),
    "looks out of order": json.dumps(changed("curve", WHOLE["curve"][::-1])),
    "a look above all right": json.dumps(changed("curve", [look | {"exact": 1.5} for look in WHOLE["curve"]])),
    "more right and wrong than examples": json.dumps(changed("by_length.3.stopped_wrong", 11)),
    "chance above one": json.dumps(changed("by_length.3.chance", 1.5)),
    "a word that JSON has not": json.dumps(WHOLE | {"more": math.nan}),
    "a number beyond all": json.dumps(WHOLE).replace('"train_seconds": 2.5', '"train_seconds": 1e999'),
    "a number of 400 digits": json.dumps(changed("timing.train_seconds", 10**399)),
    "a length of 400 digits": json.dumps(changed("by_length." + "9" * 400, score(1))),
    "a key twice": json.dumps(WHOLE).replace('"seed":', '"seed": 1, "seed":', 1),
    "half a character": json.dumps(changed("samples", [SAMPLE | {"written": ["\ud800"]}])),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_record_is_named_and_left_alone_and_the_others_are_used(
    damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = planted(tmp_path, "broken.json", DAMAGED[damage])
    before = (records / "broken.json").read_bytes()
    lengths, board, problems = write_tables(tmp_path, "mine")
    assert list(board["seeds"]) == [1]
    assert list(lengths["exact_match"]) == [0.8, 0.4]
    assert len(problems) == 1
    assert problems[0].startswith("broken.json ")
    assert "\n" not in problems[0]
    assert (records / "broken.json").read_bytes() == before
    outcome = in_process(capsys, "tables", "--out", tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    assert "note: broken.json" in outcome.out


def test_a_record_cut_anywhere_is_damaged(tmp_path: Path) -> None:
    text = write_record(tmp_path, WHOLE).read_text()
    for end in [*range(0, len(text), 50), len(text) - 2]:
        cut = tmp_path / f"cut{end}.json"
        cut.write_text(text[:end])
        with pytest.raises(ValueError, match="is not whole JSON"):
            read_record(cut)
        cut.unlink()


def test_of_two_files_with_one_cell_the_one_of_its_own_name_counts(tmp_path: Path) -> None:
    own = write_record(tmp_path, WHOLE)
    for name in ("a.json", "a--b--seed0.json", "z.json"):
        (tmp_path / name).write_text(json.dumps(WHOLE | {"steps": 7}))
    found, problems = read_records(tmp_path)
    assert [made["steps"] for made in found] == [1000]
    assert problems == [f"{name} repeats {own.name}: left alone" for name in ("a--b--seed0.json", "a.json", "z.json")]


def test_only_what_is_a_file_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")  # reading it would never end
    (tmp_path / "loop.json").symlink_to("loop.json")
    (tmp_path / "large.json").touch()
    os.truncate(tmp_path / "large.json", LARGEST_FILE + 1)
    link = tmp_path / "link.json"
    link.symlink_to(write_record(tmp_path / "elsewhere", WHOLE))
    found, problems = read_records(tmp_path)
    assert found == [read_record(link)]
    assert [problem.split(" cannot be read: ")[0] for problem in problems] == ["large.json", "loop.json", "pipe.json"]


def test_only_damaged_records_are_no_records(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = planted(tmp_path, "broken.json", b"")
    (records / record_name("copy", "gru", 0)).unlink()
    outcome = in_process(capsys, "tables", "--out", tmp_path)
    assert outcome.code == 1
    assert outcome.err.startswith("error: no records")
    assert outcome.err.count("\n") == 1


def test_a_record_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    records = planted(tmp_path, "other.json", b"")
    (records / "other.json").unlink()
    (records / "other.json").mkdir()
    found, problems = read_records(records)
    assert len(found) == 1
    assert len(problems) == 1
    assert problems[0].startswith("other.json cannot be read")


LABELS = st.text(alphabet=st.one_of(st.characters(), st.sampled_from("a-_.,=() /\\:|\x00é")), max_size=300)
SEEDS = st.integers(0, 10**12)
CELLS = st.tuples(LABELS, LABELS, SEEDS)


@given(CELLS)
@example(("../../etc/passwd", "/", 0))
@example(("copy(eval_lengths=" + "1," * 200 + "2)", "gru", 0))
def test_record_names_are_safe_file_names(cell: tuple[str, str, int]) -> None:
    name = record_name(*cell)
    assert set(name) <= {*string.ascii_letters, *string.digits, *"_.,=()+-"}
    assert name.endswith(".json")
    assert len(name) <= 140
    assert Path(name).name == name
    assert record_name(*cell) == name


@given(CELLS, CELLS)
@example(("copy(stop=a b)", "gru", 0), ("copy(stop=a_b)", "gru", 0))
@example(("copy(stop=a|b)", "gru", 0), ("copy(stop=a/b)", "gru", 0))
@example(("copy--a", "gru", 0), ("copy", "a--gru", 0))
@example(("x" * 150, "gru", 0), ("x" * 151, "gru", 0))
@example(("copy", "gru", 1), ("copy", "gru", 11))
def test_records_of_different_cells_have_different_names(
    one: tuple[str, str, int], other: tuple[str, str, int]
) -> None:
    assert (record_name(*one) == record_name(*other)) == (one == other)


SPEC = Spec("copy", "gru", {"symbols": 3, "eval_lengths": (3, 4)}, {"hidden": 8}, schedule="drop", period=5)
OTHER_VALUES: dict[str, Any] = {
    "schedule": "restarts",
    "optimizer": "rmsprop",
    "ema": 0.5,
    "loss_mask": False,
    "data_seed": 0,
    "task_settings": {},
    "model_settings": {},
}


@pytest.mark.parametrize("field", [field.name for field in fields(Spec)])
def test_every_field_of_the_spec_changes_the_key(field: str) -> None:
    now = getattr(SPEC, field)
    other = OTHER_VALUES[field] if field in OTHER_VALUES else now + 1 if isinstance(now, int | float) else f"{now}x"
    assert other != now
    changed_spec = replace(SPEC, **{field: other})
    assert spec_hash(changed_spec, 0, 1) != spec_hash(SPEC, 0, 1)
    assert cell_key(changed_spec, 0, 1, "sources") != cell_key(SPEC, 0, 1, "sources")


def test_seed_version_settings_and_sources_change_the_key() -> None:
    one_setting = replace(SPEC, task_settings={**SPEC.task_settings, "symbols": 4})
    keys = {
        cell_key(SPEC, 0, 1, "sources"),
        cell_key(SPEC, 1, 1, "sources"),
        cell_key(SPEC, 0, 2, "sources"),
        cell_key(SPEC, 0, 1, "other sources"),
        cell_key(one_setting, 0, 1, "sources"),
    }
    assert len(keys) == 5


def test_a_spec_read_back_from_json_has_the_same_key() -> None:
    again = Spec(**json.loads(json.dumps(asdict(SPEC))))
    assert cell_key(again, 0, 1, "sources") == cell_key(SPEC, 0, 1, "sources")
    reordered = replace(SPEC, task_settings=dict(reversed(SPEC.task_settings.items())))
    assert cell_key(reordered, 0, 1, "sources") == cell_key(SPEC, 0, 1, "sources")


def test_records_of_one_folder_are_read_in_order_of_name(tmp_path: Path) -> None:
    for seed in (10, 2, 1):
        write_record(tmp_path / "records", record({3: seed}, seed=seed))
    assert list(records_in(tmp_path)) == sorted(records_in(tmp_path))
    shutil.rmtree(tmp_path / "records")
    assert read_records(tmp_path / "records") == ([], [])
