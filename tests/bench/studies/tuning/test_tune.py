"""All searches at once: rounds, what is written when, interrupts, failures; nothing is trained here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tries import SPACE, Inventor, a_try, setting_of

from bench.spec.catalogue import Catalogue
from bench.spec.spec import Spec
from bench.studies.tuning.search import Search
from bench.studies.tuning.space import Setting
from bench.studies.tuning.table import read_tries, write_tries
from bench.studies.tuning.tune import Tuning

CATALOGUE = Catalogue()
PAIRS = (("copy", "gru"), ("reverse", "elman"))


def share(spec: Spec, seed: int) -> float:
    """Wide is worse, a high rate better, more steps better; the default is poor."""
    setting = setting_of(spec)
    return 0.1 if setting.hidden > 8 else 0.9 - setting.hidden / 100 + setting.learning_rate + setting.steps / 1000


def tuned(table: Path, executor: Inventor, *pairs: tuple[str, str]) -> list[str]:
    tuning = Tuning([Search(*pair, SPACE, CATALOGUE) for pair in pairs or PAIRS], table)
    return tuning.run(lambda asked, trained: trained(lambda event: None), lambda most: executor)


def test_searches_go_on_together_round_by_round(tmp_path: Path) -> None:
    executor = Inventor(share)
    assert tuned(tmp_path / "tuning.csv", executor) == []
    assert [len(each) for each in executor.rounds] == [2 * (2 + 4), 2 * 2, 2 * 2]
    found = read_tries(tmp_path / "tuning.csv")
    for pair in PAIRS:
        lines = [one for one in found if one.pair == pair]
        assert len(lines) == SPACE.tries
        confirmed = [one for one in lines if one.stage == "confirm"]
        assert {(one.learning_rate, one.hidden, one.steps) for one in confirmed} == {(0.01, 4, 6)}
        assert [one.seed for one in confirmed] == [101, 102]
        assert all(one.metric == "exact_match" and one.score == one.exact_match for one in lines)
        assert all((one.steps_taken, one.seconds, one.status) == (one.steps, 1.5, "trained") for one in lines)


def test_nothing_is_trained_twice(tmp_path: Path) -> None:
    table, again = tmp_path / "tuning.csv", Inventor(share)
    tuned(table, Inventor(share))
    before = table.read_bytes()
    tuned(table, again)
    assert again.trained == []
    assert table.read_bytes() == before


@pytest.mark.parametrize("count", [1, 7, 13, 17])
def test_an_interrupt_keeps_what_is_finished_and_the_rest_is_done_later(count: int, tmp_path: Path) -> None:
    whole, table, first, then = tmp_path / "whole.csv", tmp_path / "tuning.csv", Inventor(share, count), Inventor(share)
    tuned(whole, Inventor(share))
    with pytest.raises(KeyboardInterrupt):
        tuned(table, first)
    assert len(read_tries(table)) == len(first.trained) == count
    tuned(table, then)
    assert len(then.trained) == 2 * SPACE.tries - count
    assert not [each for each in first.trained if each in then.trained]
    assert table.read_bytes() == whole.read_bytes()


def test_a_pair_that_is_searched_again_loses_its_stale_lines_and_no_other_pair_does(tmp_path: Path) -> None:
    table = tmp_path / "tuning.csv"
    stale, other = a_try(hidden=7), a_try(model="lstm")
    write_tries(table, [stale, other])
    tuned(table, Inventor(share), ("copy", "gru"))
    found = read_tries(table)
    assert stale not in found
    assert other in found
    assert len(found) == SPACE.tries + 1


def test_a_try_that_other_sources_made_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table, again = tmp_path / "tuning.csv", Inventor(share)
    tuned(table, Inventor(share), ("copy", "gru"))
    monkeypatch.setattr("bench.studies.tuning.search.fingerprint", lambda file: "another way to judge")
    tuned(table, again, ("copy", "gru"))
    assert len(again.trained) == len(read_tries(table)) == SPACE.tries


def test_a_try_that_fails_ends_its_search_alone(tmp_path: Path) -> None:
    def fails(spec: Spec) -> bool:
        return spec.task == "copy" and setting_of(spec) == Setting(1e-2, 8, 2)

    executor = Inventor(share, fails=fails)
    assert len(tuned(tmp_path / "tuning.csv", executor)) == 1
    found = read_tries(tmp_path / "tuning.csv")
    assert {one.stage for one in found if one.row == "copy"} == {"short", "default"}
    assert len([one for one in found if one.row == "reverse"]) == SPACE.tries


def test_progress_is_shown_around_every_round(tmp_path: Path) -> None:
    told, rounds = list[Any](), list[int]()
    tuning = Tuning([Search("copy", "gru", SPACE, CATALOGUE)], tmp_path / "tuning.csv")

    def around(asked: Any, trained: Any) -> Any:
        rounds.append(len(asked))
        return trained(told.append)

    tuning.run(around, lambda most: Inventor(share))
    assert rounds == [6, 2, 2]
    assert len(told) == sum(rounds)
