"""Language-model results, per token: their tables, their order, their place beside tasks with exact match."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

import pytest
from harness import record
from rich.console import Console
from text_records import FACTS, text_record

from bench.analysis.frame import group
from bench.analysis.tables import by_length, leaderboard
from bench.records.store import Record, read_record, write_record
from bench.spec.errors import WorkError
from bench.views.columns import headline
from bench.views.readme import BLOCKS, refresh
from bench.views.tables import write_tables
from bench.views.terminal import leaderboard_table
from bench.views.texts import contexts_of, whole_of, window_of

WHOLE = FACTS["judged_symbols"]
HEAD = f"| {' | '.join(column.heading for column in headline('nats'))} |"


def page_of(folder: Path, *records: Record) -> str:
    for made in records:
        write_record(folder / "records", made)
    assert write_tables(folder, "mine")[2] == []
    return (folder / "leaderboard.md").read_text(encoding="utf-8")


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / name).read_text(encoding="utf-8").splitlines()))


def lines_of(page: str, model: str) -> list[list[str]]:
    """Return the cells of a model's lines: among the models, then its nats by context."""
    lines = [line for line in page.splitlines() if line.startswith(f"| {model} ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def some_texts() -> list[Record]:
    """Three seeds of a network, one that predicts the last symbol of a window, a floor."""
    made = [text_record({4: 2.0, 8: 1.5 + seed / 10, WHOLE: 1.0 + seed / 10}, seed=seed) for seed in range(3)]
    made.append(text_record({4: 2.5, 8: 2.0, WHOLE: 2.25}, model="rnn(windows)", mode="windows", window=4))
    floor: dict[str, Any] = {"status": "fitted", "steps": 0, "curve": [], "parameters": 0}
    timing = record({1: 1})["timing"] | {"look_seconds": [], "tokens_per_second": None}
    return [*made, text_record({4: 1.75, 8: 1.75, WHOLE: 1.75}, model="markov", timing=timing, **floor)]


def test_made_up_texts_are_records_of_the_schema(tmp_path: Path) -> None:
    for made in some_texts():
        assert read_record(write_record(tmp_path, made))["kind"] == "text"


def test_models_stand_in_order_of_nats_with_compressors_below(tmp_path: Path) -> None:
    page = page_of(tmp_path, *some_texts())
    assert [row["model"] for row in rows_of(tmp_path, "leaderboard.csv")] == ["gru", "markov", "rnn(windows)"]
    lines = page[page.index(HEAD) :].splitlines()[2:7]
    starts = ["| gru |", "| markov |", "| rnn(windows) |", "| *gzip* (reference) |", "| *xz* (reference) |"]
    assert [line.startswith(start) for line, start in zip(lines, starts, strict=True)] == [True] * 5
    assert lines[3].strip("| ").split(" | ")[1:] == ["-", "3.610", *["-"] * 8]


def test_a_models_line_says_its_nats_in_three_units_and_how_it_was_trained(tmp_path: Path) -> None:
    page = page_of(tmp_path, *some_texts())
    right = [int(WHOLE * math.exp(-0.45 * nats)) for nats in (1.0, 1.1, 1.2)]
    cells = lines_of(page, "gru")[0]
    assert cells[:4] == ["gru", "1.100 [1.000, 1.200]", f"{1.1 / math.log(2):.3f}", "3.00 [2.72, 3.32]"]
    assert cells[4].startswith(f"{100 * sum(right) / (3 * WHOLE):.1f} [")
    assert cells[5:] == ["1.600 [1.500, 1.700]", "8", "1,234", "1,000 / 1,000", "2.5", "3"]
    assert lines_of(page, "rnn(windows)")[0][5:7] == ["2.500", "4, windows"]
    assert lines_of(page, "markov")[0][5:9] == ["-", "-", "0", "fitted"]


def test_the_text_is_described_from_what_the_records_say(tmp_path: Path) -> None:
    page = page_of(tmp_path, *some_texts())
    assert "Trained on 480,714 tokens, evaluated on 120,179; a model chooses among 88 " in page
    assert "0.04 % of the evaluated ones are out of the vocabulary" in page
    assert "the second half of each piece is scored (mode windows: pieces start every half length" in page
    assert "Stopping rule: the last step of the budget." in page
    assert "Settings:" not in page  # windows and modes are in the table
    assert "is the training text itself" not in page
    assert (
        "compressed behind the training text, of which gzip sees no more than the last 32 KiB.\n\nMeans over seeds"
        in page
    )
    assert (
        "Intervals say how much trainings differ; the text that is evaluated is the same for all.\n\n- *model*" in page
    )


@pytest.mark.parametrize(
    ("mode", "said"),
    [("chunks", "the second half of each piece is scored."), ("windows", "the last token of each alone is scored.")],
)
def test_one_mode_for_all_is_said_alone(mode: str, said: str, tmp_path: Path) -> None:
    page = page_of(tmp_path, text_record({8: 1.5, WHOLE: 1.0}, mode=mode, task=f"chars(mode={mode})"))
    assert said in page
    assert "(mode windows:" not in page


def test_settings_that_all_models_share_are_said_and_others_not(tmp_path: Path) -> None:
    made = [text_record({8: 1.5, WHOLE: 1.0}, model=model) for model in ("gru", "lstm")]
    for index, one in enumerate(made):
        one["spec"]["task_settings"] |= {"lower": True, "borders": [64, 80], "rare": index + 1}
    assert "\nSettings: borders = 64,80, lower = true. Trained on " in page_of(tmp_path, *made)


def test_a_closed_vocabulary_and_a_text_learnt_by_heart_are_said(tmp_path: Path) -> None:
    facts = FACTS | {"unknown": None, "judged_symbols": 16, "training_symbols": 16}
    made = text_record({4: 1.5, 16: 0.1}, window=16, facts=facts)
    made["by_length"]["16"]["unseen"] = False
    page = page_of(tmp_path, made)
    assert "none can be out of the vocabulary." in page
    assert "The evaluated text is the training text itself." in page
    assert "| model | 4 | **whole text, state carried** |" in page


def test_nats_by_context_have_the_window_in_bold(tmp_path: Path) -> None:
    page = page_of(tmp_path / "one", *some_texts()[:3])
    assert "Nats by length (training lengths in bold):" in page
    assert "| model | 4 | **8** | whole text, state carried |" in page
    assert lines_of(page, "gru")[1] == ["gru", "2.000", "1.600", "1.100"]
    page = page_of(tmp_path / "two", *some_texts())
    assert "(each model's training lengths in bold):" in page
    assert "| model | 4 | 8 | whole text, state carried |" in page
    assert lines_of(page, "gru")[1] == ["gru", "2.000", "**1.600**", "1.100"]
    assert lines_of(page, "rnn(windows)")[1] == ["rnn(windows)", "**2.500**", "2.000", "2.250"]
    assert lines_of(page, "markov")[1][1:] == ["1.750"] * 3


def test_a_window_that_was_not_evaluated_is_named(tmp_path: Path) -> None:
    page = page_of(tmp_path, text_record({8: 1.5, 32: 1.25, WHOLE: 1.0}, window=25))
    assert "(training lengths in bold; 25 was not evaluated)" in page
    assert lines_of(page, "gru")[0][5:7] == ["-", "25"]
    (row,) = rows_of(tmp_path, "leaderboard.csv")
    assert (row["nats_inside"], row["nats"]) == ("", "1")


def test_a_seed_without_nats_leaves_its_pair_without(tmp_path: Path) -> None:
    made = [text_record({8: 1.5, WHOLE: nats}, seed=seed) for seed, nats in enumerate((1.0, None))]
    made[1]["status"] = "diverged"
    page = page_of(tmp_path, *made, text_record({8: 9.0, WHOLE: 9.0}, model="poor"))
    assert lines_of(page, "gru (diverged: 1)")[0][1:4] == ["-"] * 3
    assert [row["model"] for row in rows_of(tmp_path, "leaderboard.csv")] == ["poor", "gru"]
    assert [row["nats"] for row in rows_of(tmp_path, "by_length.csv")] == ["1.5", "", "9", "9"]


def test_nats_by_length_have_bounds_over_seeds_and_other_units(tmp_path: Path) -> None:
    page_of(tmp_path, *some_texts()[:3])
    row = rows_of(tmp_path, "by_length.csv")[-1]
    shown = [float(row[name]) for name in ("nats", "nats_low", "nats_high", "bits", "perplexity")]
    assert shown == pytest.approx([1.1, 1.0, 1.2, 1.1 / math.log(2), math.exp(1.1)], rel=1e-5)
    assert (row["length"], row["examples"], row["split"]) == (str(WHOLE), str(WHOLE), "beyond")


def test_seeds_that_agree_have_no_bracket(tmp_path: Path) -> None:
    made = [text_record({8: 1.92, WHOLE: 1.92}, seed=seed) for seed in range(3)]
    assert lines_of(page_of(tmp_path, *made), "gru")[0][1] == "1.920"


def test_texts_stand_beside_tasks_with_exact_match_and_are_not_compared_with_them(tmp_path: Path) -> None:
    strings = [record({3: 90, 4: 50 + seed}, model=m, seed=seed) for m in ("gru", "lstm") for seed in range(2)]
    for made in strings:
        made["spec"]["model"] = made["model"]
    alone = page_of(tmp_path / "alone", *strings)
    both = page_of(tmp_path / "both", *strings, *some_texts())
    compared = alone[alone.index("## Families compared") :]
    assert compared in both  # as if the texts were not there
    assert "Language-model results are not in these comparisons" in both
    assert both.index("Free-running exact match") < both.index("Language-model results, per token")
    assert "Language-model" not in alone
    only = page_of(tmp_path / "only", *some_texts())
    assert "exact match" not in only.lower().replace("no exact match", "")
    assert "## Families compared" not in only


def test_a_table_of_words_says_nats_where_its_records_have_them(tmp_path: Path) -> None:
    old = record({7999: 90, 9999: 2}, task="numbers", kind="stream", inside=(7999,))
    new = record({7999: 90, 9999: 2}, task="numbers", kind="stream", inside=(7999,), model="lstm")
    assert "nats" not in page_of(tmp_path / "old", old)
    for score in new["by_length"].values():
        score["nats"] = 0.5
    page = page_of(tmp_path / "new", old, new)
    assert "| tokens a second | state | nats | perplexity |" in page
    assert [lines_of(page, model)[1][-2:] for model in ("gru", "lstm")] == [["-", "-"], ["0.500", "1.65"]]
    assert "those of a word of the longest text" in page


def test_the_terminal_shows_nats_of_texts_and_exact_match_of_strings() -> None:
    groups, _ = group([*some_texts(), record({3: 90, 4: 50})])
    console = Console(file=io.StringIO(), width=160)
    console.print(leaderboard_table(leaderboard(groups)))
    shown = console.file.getvalue()
    assert "free-running exact match, %" in shown
    assert "language models: nats of a token, state carried" in shown
    (line,) = [line for line in shown.splitlines() if "markov" in line]
    assert [cell.strip() for cell in line.strip("│").split("│")][1:5] == ["markov", "1.750", "2.525", "5.75"]
    console.print(leaderboard_table(leaderboard(group(some_texts())[0])))
    assert console.file.getvalue().count("exact match") == 1


def test_readme_blocks_of_texts_are_those_of_the_records(tmp_path: Path) -> None:
    run = tmp_path / "results" / "language"
    for made in [*some_texts(), text_record({8: 3.5, WHOLE: 3.0}, task="words"), record({3: 90, 4: 50})]:
        write_record(run / "records", made)
    whole, one, contexts, board = ("texts {}", "texts {} words", "lengths {} chars", "leaderboard {}")
    page = tmp_path / "README.md"
    markers = [
        f"<!-- {name.format('results/language')} -->\nold\n<!-- end -->\n" for name in (whole, one, contexts, board)
    ]
    page.write_text("before\n" + "".join(markers) + "after\n")
    assert refresh(page, tmp_path, BLOCKS)
    assert not refresh(page, tmp_path, BLOCKS)
    parts = page.read_text().split("<!-- end -->\n")
    assert parts[-1] == "after\n"
    assert parts[0].index("### chars\n") < parts[0].index("### words\n")
    assert parts[0].count(HEAD) == 2
    assert parts[1].count(HEAD) == 1
    assert "| gru | 3.000 |" in parts[1]
    assert "###" not in parts[1]
    assert "| model | 4 | 8 | whole text, state carried |" in parts[2]
    assert "| copy | gru | 90.0" in parts[3]
    assert "chars" not in parts[3].split("-->")[1]


@pytest.mark.parametrize("marker", ["texts results/language none", "lengths results/language none"])
def test_a_readme_block_of_a_task_that_is_not_there_says_so(marker: str, tmp_path: Path) -> None:
    write_record(tmp_path / "results" / "language" / "records", some_texts()[0])
    page = tmp_path / "README.md"
    page.write_text(f"<!-- {marker} -->\n<!-- end -->\n")
    with pytest.raises(WorkError, match="'none'"):
        refresh(page, tmp_path, BLOCKS)


def test_the_whole_text_is_the_last_length_of_a_corpus() -> None:
    made = text_record({4: 1.0, 8: 1.0, WHOLE: 1.0})
    assert (whole_of(made), contexts_of(made), window_of(made)) == (WHOLE, [4, 8], 8)
    fresh = text_record({4: 1.0, 8: 1.0})
    assert (whole_of(fresh), contexts_of(fresh)) == (8, [4])  # whatever the size of the text
    del fresh["text"]
    assert whole_of(fresh) is None


def test_records_without_facts_and_without_the_whole_text_have_a_page_too(tmp_path: Path) -> None:
    made = text_record({4: 1.0, 8: 2.0})
    del made["text"]
    page = page_of(tmp_path, made)
    assert "reference" not in page.split("## chars")[1]
    assert "| model | 4 | **8** |" in page


def test_seeds_in_a_text_differ_in_a_comparison_of_frames_alone() -> None:
    groups, problems = group(some_texts())
    assert problems == []
    assert len(by_length(groups)) == 3 * len(groups)


def test_pairs_with_other_metrics_are_left_out_and_named() -> None:
    *texts, odd = some_texts()
    left = [record for record in texts if record["model"] != odd["model"]]
    kept, problems = group([*left, odd | {"kind": "stream", "model": "odd"}])
    assert {model for _, model in kept} == {record["model"] for record in left}
    assert problems == [f"{odd['task']} odd: evaluated by other metrics than most of its task: left out"]
