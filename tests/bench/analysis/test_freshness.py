"""A made-up run is compared with what would be made now: each part that can have moved is told."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from harness import ROOT
from made_runs import SPEC, SUITE, current, run_of

from bench.analysis.freshness import GONE, UNKNOWN, freshness
from bench.records.decode import EARLIER
from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError
from bench.spec.spec import Spec
from bench.views.readme import standing

PLUGIN = '''
from dataclasses import dataclass
from tasks import register
from tasks.strings.copy import Copy


@register("mine")
@dataclass(frozen=True)
class Mine(Copy):
    """Mine."""
'''


PARTS = current(SPEC)["source_parts"]


def parts(name: str) -> dict[str, Any]:
    """Return what a record says of its sources if one of them has changed since."""
    return {"key": "other", "source_parts": PARTS | {name: "other"}}


MOVED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": ({}, []),
    "settings": ({"key": "other", "spec": asdict(replace(SPEC, steps=7))}, ["settings"]),
    "settings that can no longer be": ({"key": "other", "spec": asdict(SPEC) | {"period": 9}}, ["settings"]),
    "task version": ({"key": "other", "task_version": 9}, ["task version"]),
    "task": (parts("task"), ["task's source"]),
    "model": (parts("model"), ["model's source"]),
    "trial": (parts("trial"), ["training or evaluation"]),
    "two": (parts("trial") | {"task_version": 9}, ["task version", "training or evaluation"]),
    "what is not told": ({"key": "other"}, [UNKNOWN]),
    "another task's row": ({"task": "other"}, [GONE]),
}


@pytest.mark.parametrize("change", MOVED)
def test_what_has_moved_is_told(change: str, tmp_path: Path) -> None:
    changes, expected = MOVED[change]
    found = freshness(run_of(tmp_path, current(SPEC) | changes))
    assert len(found.current) + len(found.stale) == 1
    assert list(found.stale.values()) == ([expected] if expected else [])
    assert found.moved == dict.fromkeys(expected, 1)


def test_of_records_of_the_schema_before_it_is_not_known_which_code_moved(tmp_path: Path) -> None:
    old = {name: value for name, value in current(SPEC).items() if name != "source_parts"}
    old |= {"schema": EARLIER, "key": "other"}
    assert freshness(run_of(tmp_path, old)).stale == {("copy", "gru", 0): [UNKNOWN]}
    other = old | {"spec": asdict(replace(SPEC, steps=7))}
    assert freshness(run_of(tmp_path, other)).stale == {("copy", "gru", 0): ["settings", UNKNOWN]}


def test_what_the_suite_asks_for_and_the_run_has_not_is_missing(tmp_path: Path) -> None:
    made = [current(spec, seed) for spec in SUITE.specs for seed in range(SUITE.seeds)]
    assert not freshness(run_of(tmp_path / "whole", *made)).missing
    found = freshness(run_of(tmp_path / "part", *made[1:], current(SPEC, seed=SUITE.seeds)))
    assert found.missing == [(made[0]["task"], made[0]["model"], made[0]["seed"])]
    assert not found.stale  # one seed more than the suite asks for


def test_a_run_that_is_no_suites_is_compared_with_what_its_records_were_asked_to_be(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(PLUGIN)
    catalogue = Catalogue((tmp_path / "mine.py",))
    made = [current(spec, catalogue=catalogue) for spec in (replace(SPEC, steps=7), Spec("mine", "gru"))]
    run = run_of(tmp_path, *made).rename(tmp_path / "mine")
    assert freshness(run).stale == {("mine", "gru", 0): [GONE]}
    found = freshness(run, (tmp_path / "mine.py",))
    assert (len(found.current), found.stale, found.missing) == (2, {}, [])


def test_a_run_says_when_it_was_made_and_whether_it_is_current(tmp_path: Path) -> None:
    here = freshness(run_of(tmp_path / "one", current(SPEC) | {"commit": None}))
    assert here.statement() == "`smoke`: made at no commit; current"
    stale = freshness(run_of(tmp_path / "two", current(SPEC), current(SPEC, 1) | {"key": "other"}))
    assert stale.statement() == "`smoke`: made at 0000000 on a day unknown; 1 of 2 stale"


def test_a_folder_without_records_is_the_requests_fault(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="no records in"):
        freshness(tmp_path)


def test_the_page_on_records_says_how_the_committed_runs_stand() -> None:
    page = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
    told = page.partition("<!-- status -->\n")[2].partition("<!-- end -->")[0]
    expected = standing(ROOT / "results" / "baseline")
    days = [text.replace(" on a day unknown", "") for text in (told, expected)]  # a checkout may lack its past
    if days[1] != expected:
        days[0] = re.sub(r" on \d{4}-\d\d-\d\d", "", told)
    assert days[0] == days[1], "renew it by `python -m bench readme`"
