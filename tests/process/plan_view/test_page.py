"""The page of ``plan --html``: what is in it, and in a real browser how it behaves."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from kedro_azureml.compiler import Compilation
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.job.sweep import SweepRow, Table
from kedro_azureml.plan_view.graph import Graph, GraphStep
from kedro_azureml.plan_view.page import render_page
from kedro_azureml.plan_view.times import StepTime, Times, newest_times
from kedro_azureml.sweep_view.files import write_files
from tests.kit.projects import make_project
from tests.kit.shell import run_kedro
from tests.unit.plan_view.test_graph import graph_of, step

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
HOSTILE = "</script><img src=x onerror=alert(1)>"

NODES = """
    node(one, "raw", "table", name="clean"),
    node(one, "table", "model", name="train", tags="chunky"),
    node(one, "table", "chart", name="draw"),
"""


def empty(*diagnostics: Diagnostic) -> Compilation:
    from kedro_azureml.job.model import PipelineJob

    return Compilation(PipelineJob(jobs={}), diagnostics, (), {})


def test_no_text_of_the_project_becomes_markup() -> None:
    graph = Graph(
        HOSTILE,
        {"s": GraphStep("s", (HOSTILE,), HOSTILE, (), (HOSTILE,), (HOSTILE,), {"x": HOSTILE})},
    )
    warning = Diagnostic("KAZ304", HOSTILE, HOSTILE, severity="warning", where=HOSTILE)
    times = Times(HOSTILE, HOSTILE, 1.0, {"s": StepTime(HOSTILE, 0.0, 1.0)})
    text = render_page(empty(warning), graph, times)
    assert "<img" not in text
    assert text.count("<script") == 2
    data = re.search(r'application/json">(.*?)</script>', text, re.S)
    assert data is not None
    assert ["Nodes", [HOSTILE]] in json.loads(data.group(1))["steps"]["s"]["details"]


def test_no_text_turns_another_around() -> None:
    hostile = "a\u202eb\x1b[2J\u2066c"
    graph = Graph(
        hostile,
        {"s": GraphStep("s", (hostile,), hostile, (), (hostile,), (hostile,), {"x": hostile})},
    )
    warning = Diagnostic("KAZ304", hostile, hostile, severity="warning", where=hostile)
    times = Times(hostile, hostile, 1.0, {"s": StepTime(hostile, 0.0, 1.0)})
    text = render_page(empty(warning), graph, times)
    assert all(c.isprintable() or c == "\n" for c in text)
    assert text.count(r"a\u202eb\x1b[2J") > 5


def test_the_chart_has_a_bar_for_each_step_that_ran() -> None:
    graph = graph_of(step("a"), step("b", "a"), step("c", "b"))
    times = Times("run", "Failed", 20.0, {"a": StepTime("Completed", 1, 11)})
    times = Times("run", "Failed", 20.0, {**times.steps, "b": StepTime("Failed", 11, 20)})
    text = render_page(empty(), graph, times)
    assert re.findall(r'class="bar" data-step="(\w)"', text) == ["a", "b"]
    assert "9.0 s Failed" in text
    assert "not run" in text
    assert '<svg id="gantt"' not in render_page(empty(), graph)


def test_the_newest_rehearsal_of_these_steps(tmp_path: Path) -> None:
    end = "2026-01-01T00:00:09+00:00"

    def report(
        name: str, steps: list[str], ended: str | None = end, status: str = "Completed"
    ) -> None:
        folder = tmp_path / ".kedro_azureml" / "runs" / name
        folder.mkdir(parents=True)
        moments = {"started": "2026-01-01T00:00:01+00:00", "ended": "2026-01-01T00:00:03+00:00"}
        data = {
            "status": status,
            "started": "2026-01-01T00:00:00+00:00",
            "ended": ended,
            "process": 1,
            "steps": {s: {"status": "Completed", **moments} for s in steps},
        }
        (folder / "report.json").write_text(json.dumps(data))

    assert newest_times(tmp_path, ["a", "b"]) is None
    report("20260101-000000-c", ["a", "b"], status="Canceled")
    canceled = newest_times(tmp_path, ["a", "b"])
    assert canceled is not None
    assert (canceled.run, canceled.status) == ("20260101-000000-c", "Canceled")
    report("20260101-000000-x", ["a", "b"])
    report("20260101-000001-x", ["a", "b"])
    report("20260101-000002-x", ["a"])
    report("20260101-000003-x", ["a", "b"], ended=None)
    (tmp_path / ".kedro_azureml/runs/20260101-000004-x").mkdir()
    report("20260101-000005-x", ["a", "b"], status="Canceled")
    found = newest_times(tmp_path, ["a", "b"])
    assert found is not None
    assert (found.run, found.seconds) == ("20260101-000001-x", 9.0)
    assert found.steps["a"] == StepTime("Completed", 1.0, 3.0)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a page of its plan before a rehearsal and one after it."""
    path = make_project(
        tmp_path_factory.mktemp("plan") / "a project",
        NODES,
        catalog="raw: {type: text.TextDataset, filepath: data/raw.txt}\n",
        files={"data/raw.txt": "x"},
    )
    secret = ("--env-var", "MY_TOKEN=hidden")
    done = run_kedro(path, "azureml", "plan", "--html", "before.html", *secret, check=False)
    assert done.returncode == 0, done.stderr
    assert "clean  cpu" in done.stdout
    assert "Longest path, 2 steps: clean > draw." in done.stdout
    assert "KAZ107" in done.stderr
    assert "minimal\n\n" in done.stdout
    run_kedro(path, "azureml", "run", "--local")
    done = run_kedro(path, "azureml", "plan", "--html", "after.html", check=False)
    assert "with the times of the rehearsal" in " ".join(done.stdout.split())
    return path


def test_the_page_is_written_over_itself_and_over_nothing_else(project: Path) -> None:
    (project / "mine.html").write_text("<p>mine</p>")
    done = run_kedro(project, "azureml", "plan", "--html", "mine.html", check=False)
    assert done.returncode == 1
    assert "KAZ109" in done.stderr
    assert (project / "mine.html").read_text() == "<p>mine</p>"
    done = run_kedro(project, "azureml", "plan", "--html", "before.html", check=False)
    assert done.returncode == 0, done.stderr
    assert "hidden" not in (project / "before.html").read_text()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here to test the page in: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def requests(browser: Browser) -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, requests: list[str]) -> Iterator[Page]:
    """A page that keeps what it asks for; an error in its script fails the test."""
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    errors: list[str] = []

    def keep(request: Request) -> None:
        requests.append(request.url)

    page.on("request", keep)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text))
    yield page
    page.close()
    assert errors == []


def box(page: Page, name: str) -> tuple[float, float, float]:
    found = page.locator(f'.step[data-step="{name}"] rect').bounding_box()
    assert found is not None
    return found["x"], found["y"], found["width"]


def test_the_page_in_a_browser(project: Path, page: Page, requests: list[str]) -> None:
    address = (project / "after.html").as_uri()
    page.goto(address)
    steps = page.locator(".step")
    expect(steps).to_have_count(3)
    for name in ("clean", "train", "draw"):
        expect(page.locator(f'.step[data-step="{name}"]')).to_be_visible()
    stroke = "el => el.getAttribute('stroke')"
    colours = [
        page.locator(f'[data-step="{name}"] rect').first.evaluate(stroke)
        for name in ("clean", "train", "draw")
    ]
    assert colours[0] == colours[2] != colours[1]
    expect(page.locator("#legend")).to_contain_text("cpu (2)")

    # Details, by mouse and by keyboard.
    details = page.locator("#details")
    expect(details).not_to_contain_text("chunky")
    page.locator('.step[data-step="train"]').click()
    expect(details.locator("h2")).to_have_text("train")
    for text in ("Nodes", "big", "table", "model", "Environment", "env@latest", "Completed in"):
        expect(details).to_contain_text(text)
    assert page.locator(".line.on").count() == 1
    page.locator('.step[data-step="draw"]').focus()
    page.keyboard.press("Enter")
    expect(details.locator("h2")).to_have_text("draw")

    # Zoom by wheel and button, pan by dragging, and back.
    x, y, width = box(page, "clean")
    page.mouse.move(x + 5, y + 5)
    page.mouse.wheel(0, -300)
    assert box(page, "clean")[2] > width * 1.5
    page.click("#fit")
    assert box(page, "clean") == pytest.approx((x, y, width), abs=0.5)
    page.click("#in")
    assert box(page, "clean")[2] == pytest.approx(width * 1.3, rel=0.01)
    page.click("#fit")
    page.mouse.move(300, 330)
    page.mouse.down()
    page.mouse.move(380, 370, steps=4)
    page.mouse.up()
    assert box(page, "clean")[:2] == pytest.approx((x + 80, y + 40), abs=1)
    expect(details.locator("h2")).to_have_text("draw")

    # The chart, whose bars open the details too.
    expect(page.locator("#times h2")).to_contain_text("Completed in")
    expect(page.locator(".bar")).to_have_count(3)
    page.locator('.bar[data-step="clean"]').click()
    expect(details.locator("h2")).to_have_text("clean")
    assert requests == [address]


def test_the_diagnostics_on_the_page(project: Path, page: Page, requests: list[str]) -> None:
    (project / "data/raw.txt").rename(project / "data/moved.txt")
    done = run_kedro(
        project, "azureml", "plan", "--html", "w.html", "--env-var", "MY_TOKEN=hidden", check=False
    )
    (project / "data/moved.txt").rename(project / "data/raw.txt")
    # A job that could not run is shown all the same.
    assert done.returncode == 1
    assert "error KAZ302" in done.stderr
    page.goto((project / "w.html").as_uri())
    expect(page.locator(".step")).to_have_count(3)
    expect(page.locator(".finding.error")).to_contain_text("KAZ302")
    expect(page.locator(".finding.warning")).to_contain_text("KAZ107")
    expect(page.locator(".finding.warning")).to_contain_text("MY_TOKEN")
    expect(page.locator("body")).not_to_contain_text("hidden")
    assert len(requests) == 1


def test_the_page_of_a_sweep_in_a_browser(tmp_path: Path, page: Page, requests: list[str]) -> None:
    hostile = "</title><script>document.title = 'taken'</script>"
    rows = [
        SweepRow(f"a={a},b={b}", (a, hostile if b else "plain"), "Completed", 1.0, {"r2": a * 0.1})
        for a in (1, 2, 3)
        for b in (0, 1)
    ]
    rows.append(SweepRow("a=4,b=0", (4, "plain"), "Failed", 0.0, {}, ("train",)))
    write_files(Table(("a", "b"), rows), tmp_path / "the summary")
    address = (tmp_path / "the summary/summary.html").as_uri()
    page.goto(address)
    assert page.title() == "7 combinations of a, b"
    expect(page.locator("svg polyline")).to_have_count(6)
    expect(page.locator("svg polyline").nth(1)).to_be_visible()
    expect(page.locator("table tr")).to_have_count(8)
    expect(page.locator("tr.failed")).to_have_count(1)
    expect(page.locator("script")).to_have_count(0)
    assert requests == [address]
