"""The page as people see it: opened, sorted, switched and photographed in headless Chromium."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import record
from PIL import Image

from bench.records.store import write_record
from bench.views.html.page import write_report

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium, chromium-browser or google-chrome on this machine"),
]
QUIET = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
HOSTILE = "<script>window.hacked = 1</script>"
ATTRIBUTE = "\"><img src=x onerror='window.hacked = 1'>"
BESIDE = "[...document.querySelectorAll('#board tbody tr')].map(row => row.cells[1].innerText)"
IN_SIGHT = """cell => {
  cell.scrollIntoView({block: 'center', inline: 'nearest'});
  const {x, y} = cell.getBoundingClientRect();
  return cell.contains(document.elementFromPoint(x + 12, y + 8));
}"""
WAVE = {"length": 3, "first": 0, "given": [0.5], "truth": [0.0, 1.0, 0.0], "written": [0.0, 0.9, 0.1]}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("mine")
    rights = {"good": {3: 99, 4: 70, 6: 60}, "bad": {3: 9, 4: 8, 6: 3}, HOSTILE: {3: 50, 4: 40, 6: 20}}
    for seed in range(2):
        for model, right in rights.items():
            write_record(out / "records", record(right, model=model, seed=seed, parameters=10 * len(model)))
    write_record(out / "records", record({3: 90, 4: 5}, task=ATTRIBUTE, model="good"))
    write_record(out / "records", record({3: 90}, task="wave", model="good", kind="values", samples=[WAVE]))
    return write_report(out, HOSTILE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET.split())
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any, report: Path) -> Iterator[Any]:
    """The page in a window of a desktop; whatever goes wrong in it or leaves it fails the test."""
    yield from opened(browser, report, DESKTOP, "light")


def opened(browser: Any, report: Path, window: dict[str, int], scheme: str) -> Iterator[Any]:
    context = browser.new_context(viewport=window, color_scheme=scheme)
    complaints: list[str] = []
    requests: list[str] = []
    one = context.new_page()
    one.on("console", lambda message: complaints.append(message.text))
    one.on("pageerror", lambda error: complaints.append(str(error)))
    one.on("dialog", lambda dialog: complaints.append(dialog.message))
    one.on("request", lambda request: requests.append(request.url))
    one.goto(report.as_uri())
    yield one
    assert one.evaluate("window.hacked") is None
    context.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith("data:")] == [report.as_uri()]


def models_shown(page: Any) -> list[str]:
    return list(page.evaluate(BESIDE))


def test_page_opens_without_complaint_and_asks_for_nothing(page: Any) -> None:
    assert HOSTILE in page.title()
    assert page.get_by_role("heading", level=1).inner_text().endswith(HOSTILE)
    assert page.get_by_role("row").filter(has_text=HOSTILE).count() > 0
    assert page.locator("img").count() == 0
    assert page.get_by_role("img").count() > 20


def test_sorting_by_click_goes_down_and_then_up(page: Any) -> None:
    head = page.get_by_role("columnheader", name="extrapolation")
    button = head.get_by_role("button")
    button.click()
    down = [float(key or "nan") for key in beyond_keys(page)]
    assert head.get_attribute("aria-sort") == "descending"
    assert down[:-1] == sorted(down[:-1], reverse=True)
    assert np.isnan(down[-1])  # what has no number stands last either way
    button.click()
    up = [float(key or "nan") for key in beyond_keys(page)]
    assert head.get_attribute("aria-sort") == "ascending"
    assert up[:-1] == sorted(up[:-1])
    assert np.isnan(up[-1])
    assert page.get_by_role("status").inner_text().startswith("Sorted by extrapolation, ascending")


def beyond_keys(page: Any) -> list[str]:
    return list(page.locator("#board tbody tr td:nth-child(4)").evaluate_all("cells => cells.map(c => c.dataset.key)"))


def test_sorting_by_keyboard_and_by_words(page: Any) -> None:
    page.get_by_role("columnheader", name="model").get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert models_shown(page) == sorted(models_shown(page))
    page.keyboard.press("Space")
    assert models_shown(page) == sorted(models_shown(page), reverse=True)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("th[aria-sort]").inner_text().startswith("in-distribution")


def test_every_column_sorts(page: Any) -> None:
    page.get_by_label("More columns").check()
    for button in page.locator("#board thead button").all():
        button.click()
        assert page.locator("th[aria-sort]").count() == 1
    assert len(models_shown(page)) == 5


def test_columns_that_matter_less_are_shown_when_asked_for(page: Any) -> None:
    heads = page.locator("#board thead th:visible")
    first = heads.all_inner_texts()
    page.get_by_label("More columns").check()
    assert heads.all_inner_texts()[: len(first)] == first
    assert {"unseen shorter", "L50", "area"} <= {text.strip() for text in heads.all_inner_texts()} - set(first)


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_leaderboard_fits_its_window_or_keeps_the_names_in_sight(width: int, browser: Any, report: Path) -> None:
    for one in opened(browser, report, {"width": width, "height": 800}, "light"):
        assert one.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        board = one.locator(".ranking .scroll").first
        if width == DESKTOP["width"]:
            assert board.evaluate("part => part.scrollWidth <= part.clientWidth")
        shown = one.locator("#board thead th:visible").evaluate_all(
            "heads => heads.filter(head => head.getBoundingClientRect().right <= window.innerWidth).length"
        )
        assert shown >= 3  # the names and two numbers at least
        one.locator(".later-switch").first.check()
        board.evaluate("part => { part.scrollLeft = part.scrollWidth; }")
        assert one.locator("#board tbody th").first.evaluate(IN_SIGHT)
        assert one.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_on_a_phone_every_row_says_its_task(browser: Any, report: Path) -> None:
    for one in opened(browser, report, PHONE, "light"):
        tasks = one.locator("#board tbody th .of-task:visible").all_inner_texts()
        assert len(tasks) == 5
        assert ATTRIBUTE in tasks


def test_the_heat_map_opens_with_how_far_the_median_seed_holds(page: Any) -> None:
    assert page.get_by_role("radio", name="robust horizon").is_checked()
    assert page.locator("main section").first.get_attribute("id") == "heat-map"
    assert set(page.locator(".heat td span:visible").all_inner_texts()) <= {"1", "\N{EN DASH}"}


def test_a_cell_of_the_heat_map_leads_to_the_curves_of_its_task(page: Any) -> None:
    row = page.locator(".heat tbody tr").filter(has_text="copy")
    row.locator("td a").first.click()
    aimed = page.locator(page.evaluate("location.hash"))
    assert aimed.get_by_role("heading", level=3).inner_text() == "copy"
    assert aimed.locator("svg").first.is_visible()
    assert row.locator("th a").get_attribute("href") == page.evaluate("location.hash")


def test_skip_link_is_first_and_leads_to_the_results(page: Any) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the results"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.url.endswith("#leaderboard")


def test_focus_is_seen(page: Any) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    width = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert float(width.removesuffix("px")) >= 2


def displayed(parts: Any) -> int:
    """How many of the parts take part in the page's layout."""
    return int(parts.evaluate_all("parts => parts.filter(part => getComputedStyle(part).display !== 'none').length"))


def test_families_are_switched_off_and_on_by_their_boxes(page: Any) -> None:
    box = page.get_by_role("checkbox", name="good")
    mine = page.locator(f'[data-family="{box.get_attribute("value")}"]')
    lines = page.locator("#lengths svg [data-family]")
    every = lines.count()
    assert displayed(lines) == every > 0
    box.focus()
    page.keyboard.press("Space")
    assert displayed(mine) == 0
    assert 0 < displayed(lines) < every
    box.check()
    assert displayed(lines) == every
    page.get_by_role("button", name="None").click()
    assert displayed(lines) == 0
    page.get_by_role("button", name="All", exact=True).click()
    assert displayed(lines) == every


def test_choosing_a_task_hides_the_others(page: Any) -> None:
    page.get_by_label("Task").select_option(label="copy")
    assert page.locator("#lengths h3:visible").all_inner_texts() == ["copy"]
    assert page.locator("#board tbody tr:visible").count() == 3
    page.get_by_label("Task").select_option(label="all")
    assert page.locator("#board tbody tr:visible").count() == 5


@pytest.mark.parametrize(
    ("measure", "shown"),
    [
        ("in distribution", "99.0"),
        ("at twice the training length", "60.0"),
        ("horizon L90", "1x"),
        ("robust horizon", "1"),
    ],
)
def test_heat_map_switches_between_its_measures(measure: str, shown: str, page: Any) -> None:
    page.get_by_role("radio", name=measure).check()
    row = page.locator(".heat tbody tr").filter(has_text="copy")
    place = page.locator(".heat thead th").all_inner_texts().index("good") - 1
    assert row.locator("td").nth(place).inner_text().strip() == shown
    assert page.locator(".heat td span:visible").count() == 5


def test_a_charts_nearest_point_is_said_and_escape_hides_it(page: Any) -> None:
    chart = page.locator("#lengths figure svg").first
    chart.scroll_into_view_if_needed()
    box = chart.locator("use:visible").first.bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    assert " %" in page.locator("#tip").inner_text()
    page.keyboard.press("Escape")
    assert page.locator("#tip").is_hidden()


def test_without_scripts_the_heat_map_still_switches_and_no_dead_switch_is_shown(browser: Any, report: Path) -> None:
    context = browser.new_context(viewport=DESKTOP, java_script_enabled=False)
    one = context.new_page()
    one.goto(report.as_uri())
    assert one.locator(".controls").is_hidden()
    one.get_by_role("radio", name="in distribution").check()
    assert one.locator(".heat td .inside").first.is_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("window", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_page_is_drawn_in_full_and_never_wider_than_the_window(
    window: dict[str, int], scheme: str, browser: Any, report: Path
) -> None:
    for one in opened(browser, report, window, scheme):
        one.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
        assert one.evaluate("document.documentElement.scrollWidth") <= window["width"]
        picture = Image.open(io.BytesIO(one.screenshot(full_page=True)))
        lightness = np.asarray(picture.convert("L"), dtype=float)
        assert (np.median(lightness) > 128) == (scheme == "light")
        assert lightness.shape[0] > 3000
        windows = [lightness[top : top + 900] for top in range(0, len(lightness) - 900, 900)]
        assert all(part.std() > 5 for part in windows)  # no stretch of it is blank
        text = one.evaluate("getComputedStyle(document.querySelector('#lengths figure svg text')).fill")
        assert (sum(map(int, text.strip("rgb()").split(","))) < 384) == (scheme == "light")
