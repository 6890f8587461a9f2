"""What is a record and what is none: every value is checked, and what is wrong is named."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from harness import in_process, record, score, without

from bench.records.decode import EARLIER, checked, decode
from bench.records.store import SCHEMA, Record, read_record, write_record
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
    "a key twice in a part": json.dumps(WHOLE).replace('"right": 90', '"right": 90, "right": 90', 1),
    "a key twice in settings": json.dumps(WHOLE).replace('"task_settings": {}', '"task_settings": {"a": 1, "a": 2}', 1),
    "a key twice in a part that is unknown": json.dumps(WHOLE | {"more": {"a": 1}}).replace('"a"', '"a": 1, "a"', 1),
    "a key twice, written otherwise": json.dumps(WHOLE).replace('"seed":', '"s\\u0065ed": 1, "seed" :', 1),
    "a word that JSON has not in a part that is unknown": json.dumps(WHOLE | {"more": [math.inf]}),
    "bytes that are no text in a part that is unknown": json.dumps(WHOLE | {"more": "x"}).encode()[:-3] + b'\xff"}',
    "a failed length with a score": json.dumps(WHOLE | {"failed": {"3": "out of memory"}}),
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


def test_what_is_wrong_is_named_by_its_place() -> None:
    wrong = {
        "by_length.3.right": ("90", r"has no valid by_length\[...\].right: Expected `int`, got `str`"),
        "by_length.3.stopped_wrong": (11, "has no valid by_length.3: its values do not agree"),
        "spec.steps": ("many", "has no valid spec.steps: Expected `int`, got `str`"),
        "timing": ({}, "has no valid timing.train_seconds: Object missing required field `train_seconds`"),
        "curve": ([{"step": 0, "loss": 1, "exact": 1}], r"has no valid curve\[0\].step: Expected `int` >= 1"),
        "schema": (1, "is not a record of schema 3, or 2"),
    }
    for path, (value, message) in wrong.items():
        with pytest.raises(ValueError, match=f"^{message}$"):
            decode(json.dumps(changed(path, value)).encode())


OLD_NAMES = {"eval_every": "check_every", "same_length_batches": "one_length", "ema": "averaging", "grad_clip": "clip"}


def test_a_record_of_the_schema_before_is_read_as_one_of_this() -> None:
    """Its specs had other names for four fields, and the first of them lacked some that are now usual."""
    made = json.loads(json.dumps(record({3: 90}, schema=EARLIER)))
    made["spec"] |= {"grad_clip": 0.5, "eval_every": 7, "ema": 0.25, "same_length_batches": True}
    earlier = made | {"spec": {OLD_NAMES.get(name, name): value for name, value in made["spec"].items()}}
    assert decode(json.dumps(earlier).encode()) == made | {"schema": SCHEMA}
    for name in ("one_length", "averaging", "period", "optimizer", "seconds", "curriculum", "adversarial"):
        del earlier["spec"][name]
    usual = {"same_length_batches": False, "ema": 0.0}
    assert decode(json.dumps(earlier).encode()) == made | {"schema": SCHEMA, "spec": made["spec"] | usual}
    with pytest.raises(ValueError, match=r"has no valid spec\.grad_clip"):  # this schema has no such names
        decode(json.dumps(earlier | {"schema": SCHEMA}).encode())


def test_parts_that_the_schema_does_not_know_are_let_be_in_the_file_and_not_returned(tmp_path: Path) -> None:
    path = tmp_path / "made.json"
    path.write_text(json.dumps(WHOLE | {"more": {"x": [1]}}))
    before = path.read_bytes()
    assert read_record(path) == json.loads(json.dumps(WHOLE))
    assert path.read_bytes() == before


def test_texts_with_colons_and_quotes_are_read() -> None:
    made = changed("samples", [SAMPLE | {"written": [":", '":', '"a":1', "\u2028"]}])
    assert decode(json.dumps(made).encode()) == made
    assert decode(json.dumps(made, indent=3).replace('": ', '" : ').encode()) == made


def test_a_value_is_checked_before_it_is_written_as_it_is_when_it_is_read() -> None:
    assert checked(WHOLE | {"train_lengths": (3,)}) == json.loads(json.dumps(WHOLE))
    with pytest.raises(ValueError, match="has no valid steps"):
        checked(WHOLE | {"steps": -1})
    with pytest.raises(ValueError, match="has no valid curve"):
        checked(WHOLE | {"curve": WHOLE["curve"][::-1]})
