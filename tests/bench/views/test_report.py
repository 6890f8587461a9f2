"""The page and the figures of hand-made records: whole, offline, the same bytes again."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from harness import ROOT, in_process, python, record
from report_pages import Page, page_of, some_records

from bench.records.store import write_record
from bench.views.charts.figures import write_figures
from bench.views.charts.material import read_run
from bench.views.columns import headline
from bench.views.html.page import write_report

FIGURES = ("length", "places", "curves", "cost")


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
def test_the_heat_map_opens_with_how_far_the_median_seed_holds(page: Page) -> None:
    measures = page.found("input", type="radio", name="measure")
    assert [own["id"] for own in measures if "checked" in own] == ["measure-robust"]
    lengths = {own["id"] for own in page.found("div") if (own.get("id") or "").startswith("lengths-")}
    assert {(own["href"] or "")[1:] for own in page.found("a") if "lengths-" in (own["href"] or "")} <= lengths


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
    assert {f"{kind}-copy" for kind in FIGURES} | {"heat-robust", "heat-inside", "heat-twice", "heat-reach"} <= names
    assert {"signal-wave", "stops-stopping", "length-text"} <= names
    assert "stops-copy" not in names
    captions = (figures / "captions.md").read_text()
    for name in names:
        assert (figures / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert ElementTree.parse(figures / f"{name}.svg").getroot().tag.endswith("svg")
        assert f"## {name}\n" in captions
        assert f"]({name}.png)" in captions


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
