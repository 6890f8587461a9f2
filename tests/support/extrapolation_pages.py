"""What the tests of the page on extrapolation share: writing one, checking it, reading its tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from harness import in_process, record

from bench.records.store import Record, write_record


def run_of(root: Path) -> Path:
    """Return the folder of a run in a checkout."""
    return root / "results" / "runs" / "extrapolate"


def own_record(task: str, model: str, rights: Mapping[int, int], **changes: Any) -> Record:
    """Return a record of a plug-in's task and model: no configured task has its content."""
    made = record(rights, task=task, model=model, **changes)
    return made | {"spec": made["spec"] | {"task": task, "model": model, "row": task, "column": model}}


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
    """Its links lead somewhere, its tables are whole, no number is none, no place of the template is empty."""
    anchors = re.findall(r'<a id="([\w-]+)"></a>', page)
    assert set(re.findall(r"\(#([\w-]+)\)", page)) <= set(anchors)
    assert len(set(anchors)) == len(anchors)
    for seen, path in re.findall(r"!\[(.+?)\]\(([^)]+\.png)\)", page):
        assert (folder / path).is_file()
        assert re.search(r"\d", seen)
    assert not re.search(r"\bnan\b|\binf\b|\bNone\b|\d{4}-\d\d-\d\d|\n\n\n|[{}]", page)
    for block in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        assert len({line.replace(r"\|", "").count("|") for line in block.splitlines()}) == 1


def rows_of(page: str, section: str, table: int) -> dict[str, list[str]]:
    """Return a table of a section: its first row under "", the others under their first cells."""
    part = next(part for part in re.split(r"^## ", page, flags=re.MULTILINE) if part.startswith(f"{section}\n"))
    lines = re.findall(r"(?:^\|.*\n)+", part, re.MULTILINE)[table].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in (lines[0], *lines[2:])]
    return {"": cells[0]} | {each[0]: each[1:] for each in cells[1:]}
