"""What the simulated suites of the regression check are: runs as drawn, their noise, tables of rates, the command."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from harness import in_process, record
from noises import made_up_suite, noise_of_run

from bench.analysis.dispersion import learn
from bench.analysis.power import (
    CLASSES,
    LARGE,
    Noise,
    detections,
    draw,
    draw_two,
    found_in,
    noise_of,
)
from bench.records.store import write_record
from bench.views.rates import rate, rates_page, rates_table


def test_drops_are_planted_in_large_cells_that_can_lose_as_much_in_turn() -> None:
    mean, examples = np.array([0.19, 0.2, 0.99, 0.99, 1.0, 0.5]), np.array([256.0, 256, LARGE - 1, LARGE, 999, 512])
    noise = Noise(np.clip(mean, 0, 0.9999), np.full(6, 0.001), examples, np.zeros(6, int))
    found = detections(noise, (3, 3), 0.0, 0.1, 10)
    assert found["cell"].tolist() == [1, 3, 4, 5, 1, 3, 4, 5, 1, 3]
    assert found["spread"].to_numpy() == pytest.approx(noise.spread[found["cell"]])
    assert detections(noise, (3, 3), 0.0, 0.6, 10).empty


def test_drawn_runs_have_the_means_spreads_and_drops_asked_for() -> None:
    noise = Noise(np.array([0.95, 0.5, 0.5]), np.array([0.004, 0.04, 1e-6]), np.array([256.0, 64, 1e6]), np.arange(3))
    drops = np.array([0.0, 0.0, 0.2])
    run = draw(noise, 4000, np.random.default_rng(0), drops=drops)
    assert run.mean == pytest.approx(noise.mean - drops, abs=0.01)
    wanted = np.sqrt((noise.excess + (1 - noise.excess) / noise.examples) * noise.mean * (1 - noise.mean))
    assert run.deviation == pytest.approx(wanted, rel=0.05)  # of beta-binomial shares
    assert noise.spread == pytest.approx(wanted, rel=0.05)
    assert (run.seeds.tolist(), run.examples.tolist()) == ([4000] * 3, [256, 64, 1e6])


def test_shared_seeds_of_drawn_runs_correlate_as_asked_and_so_do_the_lengths_of_a_training() -> None:
    cells = 400
    noise = Noise(np.full(cells, 0.6), np.full(cells, 0.01), np.full(cells, 1e5), np.arange(cells) // 4)
    base, new = draw_two(noise, (6, 4), 0.6, np.random.default_rng(0), drops=0.1)
    assert base.by_seed is not None
    assert new.by_seed is not None
    assert np.isnan(new.by_seed).all(0).tolist() == [False] * 4 + [True] * 2
    assert (base.seeds[0], new.seeds[0]) == (6, 4)
    shared = base.by_seed[:, :4].ravel(), new.by_seed[:, :4].ravel()
    assert np.corrcoef(*shared)[0, 1] == pytest.approx(0.6, abs=0.06)
    assert shared[0].mean() - shared[1].mean() == pytest.approx(0.1, abs=0.01)
    first, second = base.by_seed[::4].ravel(), base.by_seed[1::4].ravel()
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(0.5, abs=0.1)
    assert learn(base, new).pairing.used
    assert not learn(*draw_two(noise, (5, 5), 0.0, np.random.default_rng(0))).pairing.used
    assert found_in((base, new)).mean() > 0.5


def test_seeds_that_fail_lose_the_same_share_at_every_length_of_their_pair() -> None:
    noise = Noise(np.full(4, 0.9), np.full(4, 1e-6), np.full(4, 1e6), np.array([0, 0, 1, 1]))
    chance = np.random.default_rng(0)
    singles = np.array([draw(noise, 1, chance, failing=0.3).mean for _ in range(2000)])  # (runs, cells)
    assert np.abs(singles[:, 0] - singles[:, 1]).max() < 0.02
    assert np.abs(singles[:, 2] - singles[:, 3]).max() < 0.02
    failed = singles[:, [0, 2]] < 0.88
    assert failed.mean() == pytest.approx(0.3, abs=0.03)
    assert failed.all(1).mean() == pytest.approx(0.09, abs=0.02)
    assert singles[:, 0][failed[:, 0]].mean() == pytest.approx(0.45, abs=0.03)


def test_a_runs_noise_is_drawn_towards_that_of_all_its_cells() -> None:
    noise = made_up_suite()
    run = draw(noise, 6, np.random.default_rng(4))
    found = noise_of(run, noise.pair)
    assert ((found.mean > 0) & (found.mean < 1)).all()
    assert found.mean == pytest.approx(run.mean, abs=0.001)
    own = run.deviation**2 / (found.mean * (1 - found.mean)) - 1 / run.examples
    noisy = np.arange(240, 300)
    assert found.excess[noisy].std() < own[noisy].std()
    assert np.corrcoef(found.excess[noisy], noise.excess[noisy])[0, 1] > 0.5
    assert found.excess[:240].mean() < 0.01 < found.excess[noisy].mean()


@pytest.mark.parametrize(
    ("count", "total", "shown"), [(0, 0, "-"), (5, 10, "50.0 [23.7, 76.3]"), (0, 2000, "0.0 [0.0, 0.2]")]
)
def test_rates_have_intervals(count: int, total: int, shown: str) -> None:
    assert rate(count, total) == shown


@pytest.fixture
def small_run(tmp_path: Path) -> Path:
    """A run of 12 pairs, three seeds."""
    chance = np.random.default_rng(0)
    for seed in range(3):
        for number in range(12):
            rights = {n: int(chance.binomial(256, 0.998 if number < 9 else 0.6)) for n in (3, 4, 5)}
            made = record(rights, model=f"m{number}", seed=seed)
            for score in made["by_length"].values():
                score["examples"], score["tokens"] = 256, 2560
            write_record(tmp_path / "run" / "records", made)
    return tmp_path / "run"


def test_tables_of_rates_say_their_designs_classes_and_sizes_and_come_out_the_same_again(small_run: Path) -> None:
    noise = noise_of_run(small_run)
    page = rates_page(noise, [(3, 3), (5, 5)], 0.6, 0.1, 60)
    assert page == rates_page(noise, [(3, 3), (5, 5)], 0.6, 0.1, 60)
    assert page.startswith("60 simulated suites of 36 cells a figure; tolerance 2 points;")
    for said in ("Shared seeds that correlate by 0.6:", "Seeds that do not correlate, or are not shared:", "commit 10"):
        assert said in page
    table = rates_table(noise, [(3, 3), (5, 5)], 0.6, 0.1, 60).strip().splitlines()
    assert table != rates_table(noise, [(3, 3), (5, 5)], 0.6, 0.3, 60).strip().splitlines()
    assert table[0] == "|  | 3 seeds against 3 | 5 seeds against 5 |"
    assert len(table) == 3 + 2 * (len(CLASSES) - 1)
    assert len({line.count("|") for line in table}) == 1
    assert table[2].startswith("| any false alarm in the suite | ")
    cells = [int(found[1]) for line in table[3:] if (found := re.search(r"\((\d+) cells\)", line))]
    assert sum(cells) == 2 * 36
    assert table[3].startswith("| drop of 10 points in one cell alone found, spread 0 to 0.5 points (")


def test_command_prints_the_tables_for_the_seeds_of_the_run(
    small_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = in_process(capsys, "power", small_run, "--suites", 20, "--drop", 20, "--alike", 80)
    assert (done.code, done.err) == (0, "")
    assert "| 3 seeds against 3 | 5 seeds against 5 | 3 seeds against 5 | 20 seeds against 5 |" in done.out
    assert "drop of 20 points in its pair's cells found" in done.out
    assert "Shared seeds that correlate by 0.8:" in done.out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("nowhere",), "'nowhere'"),
        (("RUN", "--suites", "0"), "--suites"),
        (("RUN", "--drop", "101"), "--drop"),
        (("RUN", "--drop", "nan"), "--drop"),
        (("RUN", "--alike", "101"), "--alike"),
        (("ALONE",), "one seed"),
    ],
)
def test_what_cannot_be_simulated_is_one_line(
    arguments: tuple[str, ...], named: str, small_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_record(tmp_path / "alone" / "records", record({3: 90, 4: 50}))
    places = {"RUN": small_run, "ALONE": tmp_path / "alone"}
    done = in_process(capsys, "power", *(places.get(word, word) for word in arguments))
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    assert named in done.err
