"""The page and the figures of records that are odd, hostile, many, or of language models."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from harness import record
from report_pages import SIGNAL, Page, page_of, some_records, text_of, timing
from text_records import FACTS, text_record

from bench.records.store import Record, write_record
from bench.spec.errors import WorkError
from bench.views.charts.figures import write_figures
from bench.views.html.page import write_report

NAMES = (
    "<script>alert(1)</script>",
    "'\"><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}",
    "</script></title>",
    "a|b $\\frac",
)
LARGEST_PAGE, LARGEST_SCRIPT = 3_000_000, 1_500_000


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.slow
def test_names_are_text_wherever_they_stand(name: str, tmp_path: Path) -> None:
    samples = [{"length": 3, "first": 0, "given": [name], "truth": [name], "written": ["x"]}]
    made = [
        record({3: 90, 4: 5}, task=name, model=name, samples=samples, device=name, versions={name: name}, commit=name)
    ]
    made.append(record({3: 90, 4: 5}, task=f"{name}2", model=name, kind="values", samples=[SIGNAL]))
    found = page_of(tmp_path, *made)
    assert len(found.found("script")) == 1
    assert not found.found("img")
    assert not [own for _, own in found.elements if any(key.startswith("on") for key in own)]
    assert found.texts["h3"].count(name) >= 5
    assert any(name in (own["aria-label"] or "") for own in found.found("svg", role="img"))


@pytest.mark.slow
def test_names_are_text_in_the_figures_and_their_captions(tmp_path: Path) -> None:
    for name in NAMES:
        write_record(tmp_path / "records", record({3: 90, 4: 5}, task=NAMES[0], model=name))
    write_figures(tmp_path, "mine")
    for path in (tmp_path / "figures").glob("*.svg"):
        tags = {part.tag.rpartition("}")[2] for part in ElementTree.parse(path).iter()}
        assert not tags & {"script", "img", "foreignObject"}
    assert "<" not in re.sub(r"\\<", "", (tmp_path / "figures" / "captions.md").read_text())


LOST = [{"step": 5, "loss": None, "exact": 0.0}]
NONE_LEFT = [{"step": 5, "loss": 0.0, "exact": 1.0}]
ODD: dict[str, list[Record]] = {
    "one seed": [record({3: 90, 4: 5}), record({3: 9, 4: 5}, model="lstm")],
    "diverged": [record({3: 0, 4: 0}, status="diverged", curve=LOST, timing=timing(1.0))],
    "no loss at all": [record({3: 100}, seed=seed, curve=NONE_LEFT, timing=timing(1.0)) for seed in (0, 1)],
    "no samples": [record({3: 90, 4: 5}, samples=[]), record({3: 9}, task="wave", kind="values", samples=[])],
    "overflowed": [record({3: 0, 6: 0}, kind="values", samples=[SIGNAL | {"written": [None, None, None]}])],
    "nothing trained": [record({3: 0}, steps=0, curve=[], timing=timing())],
    "empty batch": [record({3: 90}, first_batch={"width": 1, "lengths": [], "counted": []})],
    "other lengths": [record({3: 90, 4: 5}), record({3: 9, 7: 5}, model="lstm")],
    "far lengths": [record({1: 100, 10**6: 0}, inside=(1,))],
    "many families": [record({3: n, 4: 1}, model=f"family {n}") for n in range(12)],
}


def test_page_of_one_record_is_whole(tmp_path: Path) -> None:
    found = page_of(tmp_path, record({3: 90}))
    assert len(found.found("svg", role="img")) == len(found.found("figure")) > 5
    assert "1 pair" in found.texts["header"][0]


@pytest.mark.slow
@pytest.mark.parametrize("case", ODD)
def test_odd_records_make_a_whole_page(case: str, tmp_path: Path) -> None:
    found = page_of(tmp_path, *ODD[case])
    assert found.found("svg", role="img")
    assert "nan" not in re.findall(r"\w+", " ".join(found.texts["main"]))
    write_figures(tmp_path, "mine")
    assert (tmp_path / "figures" / "captions.md").is_file()


def test_no_records_say_what_to_do(tmp_path: Path) -> None:
    for write in (write_report, write_figures):
        with pytest.raises(WorkError, match="python -m bench run"):
            write(tmp_path, "mine")
    assert not list(tmp_path.iterdir())


def text_records() -> list[Record]:
    """A text of characters with a family, a floor and two modes; a text of words."""
    nats = {4: 2.0, 8: 1.5, 1024: 1.25, FACTS["judged_symbols"]: 1.375}
    floor: dict[str, Any] = {"status": "fitted", "steps": 0, "curve": [], "timing": timing()}
    words = {"length": 99, "first": 0, "given": [], "truth": ["The", "end", "<stop>"], "written": ["The", "a", "of"]}
    return [
        *(text_record(nats, seed=seed) for seed in (0, 1)),
        text_record(nats, model="rnn(windows)", mode="windows", window=4),
        text_record(nats, model="markov", **floor),
        text_record(nats, task="words", window=25, samples=[words]),
    ]


def test_page_of_texts_alone_has_nothing_of_exact_match(tmp_path: Path) -> None:
    found = page_of(tmp_path, *text_records())
    sections = ["leaderboard", "lengths", "curves", "costs", "masks", "answers"]
    assert [own["id"] for own in found.found("section")] == sections
    links = [own["href"] for own in found.found("a")]
    assert links[1:] == [f"#{name}" for name in (*sections, "origin")]
    assert "exact match" not in " ".join(found.texts["main"]).lower()
    assert {own["id"] for own in found.found("table", class_="board")} == {"board-texts"}
    (board,) = (
        text
        for text, own in zip(found.texts["table"], found.found("table"), strict=True)
        if own.get("id") == "board-texts"
    )
    assert board.count("gzip") == 2
    assert "nan" not in re.findall(r"\w+", " ".join(found.texts["main"]))
    assert len([own for own in found.found("th") if "fewer" in (own.get("class") or "")]) == 4
    assert len(found.found("svg", role="img")) == len(found.found("figure"))


@pytest.mark.slow
def test_compressors_are_rows_where_there_are_bits_and_nowhere_else(tmp_path: Path) -> None:
    lines = record({7999: 90, 9999: 2}, task="lines", inside=(7999,), kind="stream", text=dict(FACTS))
    found = page_of(tmp_path, lines, text_records()[0])
    boards = dict(zip((own.get("id") for own in found.found("table")), found.texts["table"], strict=True))
    assert "gzip" in boards["board-texts"]
    assert "gzip" not in boards["board"]


@pytest.mark.slow
def test_page_of_texts_beside_strings_has_a_table_of_each(tmp_path: Path) -> None:
    found = page_of(tmp_path, *text_records(), *some_records())
    assert {own["id"] for own in found.found("table", class_="board")} == {"board", "board-texts"}
    heat, board = (
        next(text for text, own in zip(found.texts["table"], found.found("table"), strict=True) if own == wanted)
        for wanted in (found.found("table", class_="heat")[0], found.found("table", id="board")[0])
    )
    assert "chars" not in heat + board
    assert "rnn(windows)" not in heat
    tasks = {own.get("data-task") for own in found.found("tr") if "data-task" in own}
    assert tasks == {str(index) for index in range(len(tasks))}
    names = Counter(attributes["id"] for _, attributes in found.elements if "id" in attributes)
    assert not [name for name, count in names.items() if count > 1]
    assert len(found.found("svg", role="img")) == len(found.found("figure"))


@pytest.mark.slow
def test_figures_of_texts_are_those_that_say_something(tmp_path: Path) -> None:
    for made in text_records():
        write_record(tmp_path / "records", made)
    write_figures(tmp_path, "mine")
    names = {path.stem for path in (tmp_path / "figures").glob("*.png")}
    assert names == {f"{kind}-{task}" for kind in ("length", "curves", "cost") for task in ("chars", "words")}
    captions = (tmp_path / "figures" / "captions.md").read_text()
    assert "Nats per token against context" in captions
    assert "xact match" not in captions


def crowd() -> list[Record]:
    """As many records as the quick suite has, with as many lengths, looks and samples."""
    lengths = [*range(2, 21), 30, 50, 100]
    sample = {"first": 0, "given": [*"abc" * 20], "truth": [*"abc" * 20], "written": [*"abbcba" * 10]}
    samples = [sample | {"length": length} for length in (10, 11, 20)]
    looks = [{"step": step, "loss": 1 / step, "exact": step / 3000} for step in range(100, 3001, 100)]
    changes: dict[str, Any] = {"samples": samples, "curve": looks, "timing": timing(*[1.0] * len(looks))}
    made = []
    for task, model, seed in itertools.product(range(6), range(8), range(3)):
        rights = {length: (37 * length + model) % 100 for length in lengths}
        one = record(rights, task=f"task {task}", model=f"model {model}", seed=seed, inside=(10,), **changes)
        for number in one["by_length"].values():
            number["errors_at"] = [(7 * place + model) % 10 / 10 for place in range(24)]
        made.append(one)
    return made


@pytest.mark.slow
def test_page_of_a_whole_suite_stays_small(tmp_path: Path) -> None:
    text = text_of(tmp_path, *crowd())
    assert len(text.encode()) < LARGEST_PAGE
    assert sum(len(script) for script in Page(text).texts["script"]) < LARGEST_SCRIPT
