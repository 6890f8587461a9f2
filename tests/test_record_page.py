from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from harness import ROOT, SHORT, TINY, in_process, record, records_in

from bench.records import SCHEMA, Record, read_record

PAGE = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
FIELDS = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", PAGE, re.MULTILINE)
OPEN = {"by_length": "LENGTH", "versions": "PACKAGE"}  # their keys are lengths and names
WHOLE = ("spec.task_settings", "spec.model_settings")  # their keys belong to the task and the model
TYPES = {
    "integer": [int],
    "number": [int, float],
    "text": [str],
    "object": [dict],
    "integers": [list],
    "numbers": [list],
    "texts": [list],
    "null": [type(None)],
    "true": [bool],
    "false": [bool],
}


def named(part: Any, path: str = "") -> list[tuple[str, Any]]:
    """Return every field of a record by the name that the page gives it, with its value."""
    if isinstance(part, list) and part and isinstance(part[0], dict):
        return [found for item in part for found in named(item, f"{path}[]")]
    if not isinstance(part, dict) or path in WHOLE:
        return [(path, part)]
    found = [(path, part)] if path in ("spec", "by_length") else []
    for key, value in part.items():
        inner = OPEN.get(path, key)
        found += named(value, f"{path}.{inner}" if path else inner)
    return found


def is_of(kinds: str, value: Any) -> bool:
    """Whether a value has one of the types that the page says: "integer or null"."""
    types = tuple(kind for part in re.split(", or | or |, ", kinds.strip()) for kind in TYPES[part])
    return isinstance(value, types) and (not isinstance(value, bool) or bool in types)


@pytest.mark.slow
def test_the_page_names_every_field_of_a_record_with_its_type_and_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    looks = ("--set", "train.check_every=1")
    for pair in (("copy", "gru,majority", *SHORT), ("sine", "elman"), ("human_numbers", "elman")):
        task, models, *rest = pair
        asked = ("run", *TINY, *looks, "--tasks", task, "--models", models, *rest, "--out", tmp_path)
        assert in_process(capsys, *asked).code == 0
    records = records_in(tmp_path)
    assert {made["kind"] for made in records.values()} == {"symbols", "values", "stream"}
    documented = dict(FIELDS)
    assert len(documented) == len(FIELDS)
    found = [pair for made in records.values() for pair in named(made)]
    assert {name for name, _ in found} - {"curve"} == set(documented)
    for name, value in found:
        assert name == "curve" or is_of(documented[name], value), (name, value)


def test_the_page_tells_the_schemas_number() -> None:
    assert PAGE.startswith(f"# Records, schema {SCHEMA}\n")
    assert f"| `schema` | integer | version of this schema: {SCHEMA} |" in PAGE


@pytest.mark.parametrize("name", [name for name, _ in FIELDS if name != "schema"])
def test_no_field_that_the_page_names_may_be_absent(name: str, tmp_path: Path) -> None:
    """By the page's rule, "every field above is there"; the names of lengths and packages are the record's own."""
    whole = json.loads(json.dumps(record({3: 80})))
    assert read_record(written(tmp_path, whole)) == whole
    parts = name.replace("[]", ".0").replace("LENGTH", "3").replace("PACKAGE", "python").split(".")
    parent = whole
    for part in parts[:-1]:
        parent = parent[int(part) if isinstance(parent, list) else part]
    del parent[parts[-1]]
    if name == "versions.PACKAGE":
        assert read_record(written(tmp_path, whole)) == whole
    else:
        with pytest.raises(ValueError, match="has no valid"):
            read_record(written(tmp_path, whole))


def written(folder: Path, made: Record) -> Path:
    """Write a record as it is."""
    path = folder / "made.json"
    path.write_text(json.dumps(made))
    return path
