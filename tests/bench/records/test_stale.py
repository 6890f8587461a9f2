"""What is set aside is kept, in a folder beside."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.records.stale import set_aside
from bench.spec.errors import WorkError


def test_files_of_one_name_are_all_kept(tmp_path: Path) -> None:
    for content in ("1", "2", "1"):
        (tmp_path / "a.json").write_text(content)
        assert set_aside(tmp_path / "a.json")
        assert not (tmp_path / "a.json").exists()
    assert sorted(path.read_text() for path in (tmp_path / "stale").iterdir()) == ["1", "2"]


def test_what_is_not_there_is_left_to_whoever_moved_it(tmp_path: Path) -> None:
    assert not set_aside(tmp_path / "a.json")


def test_a_file_where_the_folder_should_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("1")
    (tmp_path / "stale").write_text("mine")
    with pytest.raises(WorkError, match=r"cannot set .* aside: File exists"):
        set_aside(tmp_path / "a.json")
    assert (tmp_path / "a.json").is_file()
