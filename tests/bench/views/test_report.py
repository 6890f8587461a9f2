"""The page and the figures of hand-made records: whole, offline, the same bytes again, whatever the records hold."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from harness import FACTS, ROOT, in_process, python, record, score, text_record

from bench.records.store import Record, write_record
from bench.spec.errors import WorkError
from bench.views.charts.material import read_run
from bench.views.columns import headline
from bench.views.report import write_figures, write_report

NAMES = (
    "<script>alert(1)</script>",
    "'\"><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}",
    "</script></title>",
    "a|b $\\frac",
)
VOID = {"meta", "link", "input", "br", "wbr", "img"}
LARGEST_PAGE, LARGEST_SCRIPT = 3_000_000, 1_500_000
FIGURES = ("length", "places", "curves", "cost")
SIGNAL = {"length": 6, "first": 0, "given": [0.5, 0.1], "truth": [0.0, 1.0, 0.0], "written": [0.0, 0.9, None]}


class Page(HTMLParser):
    """A page as a browser would take it apart: elements with their attributes, and the text of each."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.texts[tag][-1] += data

    def found(self, tag: str, **attributes: str) -> list[dict[str, str | None]]:
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [own for name, own in self.elements if name == tag and wanted.items() <= own.items()]


def page_of(folder: Path, *records: Record) -> Page:
    return Page(text_of(folder, *records))


def text_of(folder: Path, *records: Record) -> str:
    for made in records:
        write_record(folder / "records", made)
    return write_report(folder, "mine").read_text(encoding="utf-8")


def some_records() -> list[Record]:
    """A task of symbols, one with a stop symbol, one of values, one of text; a family, a floor, two seeds."""
    stopped = {"length": 3, "first": 0, "given": ["a", "b"], "truth": ["a", "b", "<stop>"], "written": ["b", "<stop>"]}
    waves = {"3": score(90, nrmse=0.02), "6": score(40, nrmse=None)}
    text = {"length": 7999, "first": 0, "given": [], "truth": ["one", ".", "two"], "written": ["one", ".", "ten"]}
    rights = {3: 90, 4: 50, 40: 3}
    return [
        record(rights),
        record(rights, seed=1),
        record(rights, model="floor", curve=[], steps=0, timing=timing()),
        record(rights, task="stopping", samples=[stopped]),
        record({3: 1}, task="wave", kind="values", by_length=waves, samples=[SIGNAL]),
        record({7999: 90, 9999: 2}, task="text", inside=(7999,), kind="stream", samples=[text]),
    ]


def timing(*looks: float) -> dict[str, Any]:
    return record({3: 1})["timing"] | {"look_seconds": list(looks)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("mine")
    for made in some_records():
        write_record(out / "records", made)
    write_report(out, "mine")
    write_figures(out, "mine")
    return out


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    return Page((folder / "report.html").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_page_needs_nothing_outside_itself(page: Page) -> None:
    for tag, attributes in page.elements:
        for name in ("src", "href", "xlink:href", "action", "data", "srcset", "poster"):
            value = attributes.get(name)
            assert value is None or value.startswith(("#", "data:")), (tag, value)
    assert not [tag for tag, _ in page.elements if tag in ("iframe", "object", "embed", "base")]
    for style in page.texts["style"]:
        assert "@import" not in style
        assert "url(" not in style


@pytest.mark.slow
def test_policy_of_the_page_allows_its_one_script_and_no_other(page: Page) -> None:
    (script,) = page.texts["script"]
    (policy,) = page.found("meta", http_equiv="Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    rules = dict(rule.split(" ", 1) for rule in (policy["content"] or "").split("; "))
    assert rules["script-src"] == f"'sha256-{digest}'"
    assert rules["default-src"] == "'none'"
    assert "connect-src" not in rules


@pytest.mark.slow
def test_names_in_the_page_are_unique_and_what_refers_to_one_finds_it(page: Page) -> None:
    names = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    assert not [name for name, count in names.items() if count > 1]
    for _, attributes in page.elements:
        wanted = re.findall(r"url\(#([^)]+)\)", " ".join(value or "" for value in attributes.values()))
        wanted += [attributes["href"][1:]] if (attributes.get("href") or "").startswith("#") else []
        wanted += (attributes.get("aria-labelledby") or "").split()
        wanted += (attributes.get("for") or "").split()
        assert not set(wanted) - set(names)


@pytest.mark.slow
def test_everything_has_a_name_that_can_be_read_aloud(page: Page) -> None:
    for chart in page.found("svg"):
        assert chart.get("aria-hidden") == "true" or chart.get("aria-label") or "role" not in chart
    charts = page.found("svg", role="img")
    assert len(charts) == len(page.found("figure")) > 20
    assert all(len(chart["aria-label"] or "") > 40 for chart in charts)
    assert len(page.found("main")) == len(page.found("header")) == len(page.found("footer")) == 1
    assert page.found("a", class_="skip")
    assert page.found("html", lang="en")
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    for region in page.found("div", class_="scroll"):
        assert region["tabindex"] == "0"
        assert region.get("aria-label") or region.get("aria-labelledby")


@pytest.mark.slow
def test_leaderboard_says_what_the_tables_say(folder: Path, page: Page) -> None:
    run = read_run(folder, "mine")
    shown = " ".join(page.texts["td"] + page.texts["th"])
    for row in run.board.to_dict("records"):
        for cell in (column.write(row, True) for column in headline("exact_match")):
            assert cell in shown
    (board,) = [
        text for text, own in zip(page.texts["table"], page.found("table"), strict=True) if own.get("id") == "board"
    ]
    for name in (column.heading for column in headline("exact_match")):
        assert name in board


@pytest.mark.slow
def test_sections_follow_what_there_is(tmp_path: Path, page: Page) -> None:
    wanted = ("heat-map", "leaderboard", "lengths", "stops", "places", "signals", "curves", "costs", "masks", "answers")
    assert [own["id"] for own in page.found("section")] == list(wanted)
    alone = page_of(tmp_path, record({3: 90}))
    assert [own["id"] for own in alone.found("section")] == [
        name for name in wanted if name not in ("stops", "signals")
    ]


@pytest.mark.slow
def test_answers_are_marked_in_the_page(page: Page) -> None:
    assert {"c", "b<stop>\N{MIDDLE DOT}", "ten "} <= set(page.texts["mark"])


@pytest.mark.slow
def test_origin_is_said(tmp_path: Path) -> None:
    made = [
        record({3: 90}, seed=0),
        record({3: 90}, seed=1, commit="1" * 40, dirty=True),
        record({3: 90}, seed=2, commit=None, dirty=None, evaluation_hash="another"),
    ]
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "broken.json").write_text("{")
    (origin,) = page_of(tmp_path, *made).texts["footer"]
    for said in (
        f"{'0' * 40} (1 of 2 records)",
        f"{'1' * 40}, with changes that were not committed (1 of 2 records)",
        "seeds [2] were made by other settings or code",
        "broken.json is not whole JSON",
        "cpu, 1 thread each",
        "copy: version 1, evaluation",
        "python -m bench report --out DIR",
    ):
        assert said in origin
    assert "bench run" not in origin  # there is no suite of that name
    write_report(tmp_path, "quick")
    assert "bench run --suite quick --seeds 0,1 --out DIR" in (tmp_path / "report.html").read_text()


@pytest.mark.slow
def test_same_records_make_the_same_bytes_in_whatever_order_they_were_written(folder: Path, tmp_path: Path) -> None:
    for made in reversed(some_records()):
        write_record(tmp_path / "records", made)
    write_report(tmp_path, "mine")
    write_figures(tmp_path, "mine")
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.suffix != ".json" and path.is_file())
    assert len(files) > 20
    for name in files:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


@pytest.mark.slow
def test_figures_are_whole_and_captioned(folder: Path) -> None:
    figures = folder / "figures"
    names = {path.stem for path in figures.iterdir()} - {"captions"}
    assert {f"{kind}-copy" for kind in FIGURES} | {"heat-inside", "heat-twice", "heat-reach"} <= names
    assert {"signal-wave", "stops-stopping", "length-text"} <= names
    assert "stops-copy" not in names
    captions = (figures / "captions.md").read_text()
    for name in names:
        assert (figures / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert ElementTree.parse(figures / f"{name}.svg").getroot().tag.endswith("svg")
        assert f"## {name}\n" in captions
        assert f"]({name}.png)" in captions


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
    "many families": [record({3: n, 4: 1}, model=f"family {n}") for n in range(25)],
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


@pytest.mark.slow
def test_command_writes_page_and_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_record(tmp_path / "records", record({3: 90, 4: 5}))
    done = in_process(capsys, "report", "--out", tmp_path)
    assert (done.code, done.err) == (0, "")
    assert "report.html" in done.out
    assert (tmp_path / "report.html").is_file()
    assert (tmp_path / "figures" / "length-copy.png").is_file()
    assert in_process(capsys, "report", "--out", tmp_path / "nowhere").code == 1


@pytest.mark.slow
def test_page_names_no_place_of_this_machine(folder: Path) -> None:
    for path in folder.rglob("*.*"):
        if path.suffix in (".html", ".md", ".svg"):
            assert str(folder) not in path.read_text()
            assert str(ROOT) not in path.read_text()


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


@pytest.mark.slow
def test_page_is_made_without_torch(tmp_path: Path) -> None:
    write_record(tmp_path / "records", record({3: 90, 4: 5}))
    code = """
import json, sys
from bench.__main__ import main
assert main(["report", "--out", sys.argv[1]]) == 0
print(json.dumps(sorted({"torch", "sklearn"} & set(sys.modules))))
"""
    assert json.loads(python(code, tmp_path).splitlines()[-1]) == []
