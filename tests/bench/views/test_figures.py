"""Figures and charts within a page: the same bytes each time, whatever the names in them are."""

from __future__ import annotations

import io
import itertools
import re
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from drawn import run_of
from harness import record
from PIL import Image

from bench.views.charts import style
from bench.views.charts.figures import file_names
from bench.views.charts.images import position_panels
from bench.views.charts.material import Run
from bench.views.charts.panel import Drawing, Panel, saved, write_drawings
from bench.views.charts.scores import curve_panels, length_panels
from bench.views.html.inline import inlined

HOSTILE = '<script>alert(1)</script> $x_ & "quoted" --> ]]>'


def test_drawings_are_written_with_what_is_to_be_seen_and_those_of_an_earlier_run_are_removed(tmp_path: Path) -> None:
    (tmp_path / "length-old.png").write_bytes(b"")
    (tmp_path / "notes.png").write_bytes(b"")
    panels = [Panel("a|b", "one [1]", lambda _: {}), Panel("", "two", lambda _: {})]
    drawing = Drawing("length-new", "heading", panels, styles={HOSTILE: style.style_at(0)})
    assert drawing.alt_text == r"a\|b: one \[1\] two"
    written = write_drawings(tmp_path, [drawing], ("png", "svg"), only="length-*")
    assert [path.name for path in written] == ["length-new.png", "length-new.svg"]
    assert {path.name for path in tmp_path.iterdir()} == {"length-new.png", "length-new.svg", "notes.png"}


@pytest.mark.parametrize("name", ["x[/y]", "[bold]x", "$\\frac", "a" * 60, "_hidden\x00\n\u540d", "a_b^c"])
def test_names_are_plain_text_on_axes_legends_and_titles(name: str, tmp_path: Path) -> None:
    run = run_of(tmp_path, record({3: 90, 4: 50}, model=name, task=name))
    figure = Drawing("", name, [*length_panels(run, name), *position_panels(run, name)], styles=run.styles).figure()
    texts = "".join(ElementTree.fromstring(saved(figure, "svg")).itertext())
    assert texts.count(style.label(name)) >= 2
    assert saved(figure, "png")


def example_panels(run: Run) -> list[Panel]:
    return [*length_panels(run, "copy"), *position_panels(run, "copy"), *curve_panels(run, "copy")]


def test_a_figure_is_the_same_bytes_whatever_the_users_own_style(tmp_path: Path) -> None:
    run = run_of(tmp_path, record({3: 90, 4: 50}), record({3: 90, 4: 50}, model="lstm"))

    @style.styled()
    def files() -> tuple[bytes, bytes]:
        figure = Drawing("", "copy", example_panels(run), styles=run.styles).figure()
        return saved(figure, "svg"), saved(figure, "png")

    plainly = files()
    with mpl.rc_context({"font.size": 30, "axes.grid": False, "svg.hashsalt": None, "lines.linewidth": 9}):
        assert files() == plainly
        assert mpl.rcParams["font.size"] == 30
    assert not re.search(rb"\d{4}-\d\d-\d\dT", plainly[0])
    size = Image.open(io.BytesIO(plainly[1])).size
    assert min(size) > 300


def test_hostile_names_are_text_in_a_chart(tmp_path: Path) -> None:
    run = run_of(tmp_path, record({3: 90, 4: 50}, model=HOSTILE), record({3: 1, 4: 1}, model="_hidden\x00\n名"))
    for panel in example_panels(run):
        root = ElementTree.fromstring(inlined(HOSTILE, panel, "c1"))
        assert not [part for part in root.iter() if part.tag.rpartition("}")[2] in ("script", "a", "foreignObject")]
        assert HOSTILE in root.attrib["aria-label"]
    figure = Drawing("", HOSTILE, example_panels(run), styles=run.styles).figure()
    texts = "".join(ElementTree.fromstring(saved(figure, "svg")).itertext())
    assert "<script>alert(1)</script> $x_" in texts
    assert "_hidden\N{REPLACEMENT CHARACTER}" in texts
    assert saved(figure, "png")


def test_charts_in_a_page_share_no_names_and_take_the_pages_colours(tmp_path: Path) -> None:
    run = run_of(tmp_path, record({3: 90, 4: 50, 40: 0}))
    texts = [str(inlined("copy", panel, f"c{index}")) for index, panel in enumerate(example_panels(run))]
    found = [re.findall(r'\bid="([^"]+)"', text) for text in texts]
    names = list(itertools.chain(*found))
    assert names
    assert len(names) == len(set(names))
    for text, own in zip(texts, found, strict=True):
        assert set(re.findall(r'(?:url\(|href=")#([^")]+)', text)) == set(own)
        assert style.INK not in text
        assert "currentColor" in text
        assert "font-family" not in text
        assert 'role="img"' in text


def test_points_of_a_chart_in_a_page_say_what_they_show(tmp_path: Path) -> None:
    run = run_of(tmp_path, record({3: 90, 4: 50}), record({3: 20, 4: 0}, model="lstm"))
    root = ElementTree.fromstring(inlined("copy", example_panels(run)[0], "c1"))
    groups = [part for part in root.iter() if "data-family" in part.attrib]
    assert {part.attrib["data-family"] for part in groups} == {"0", "1"}
    said = [title.text or "" for title in root.iter("{http://www.w3.org/2000/svg}title")]
    assert [text.split(":")[0] for text in said] == ["lstm at 3", "lstm at 4", "gru at 3", "gru at 4"]


def test_names_of_files_are_plain_and_never_the_same() -> None:
    names = file_names(["copy", "addition(reversed)", "a/../b", "a b", "A B", "\N{SNOWMAN}", "*"])
    assert names["copy"] == "copy"
    assert names["addition(reversed)"] == "addition-reversed"
    assert len(set(names.values())) == len(names)
    assert all(re.fullmatch(r"[a-z0-9_-]+", name) for name in names.values())
