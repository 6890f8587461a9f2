"""Installed from a wheel: the command lengthwise works in any folder, and nothing stands under a general name."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from harness import ROOT

FOLDERS = ("bench", "models", "tasks")


def setup() -> dict[str, Any]:
    """What pyproject.toml says of the package."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]


def sources() -> list[Path]:
    """All files of the folders, from the root."""
    found = [path.relative_to(ROOT) for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    own = Path("bench") / "installed"
    return [path for path in found if "__pycache__" not in path.parts and not path.is_relative_to(own)]


def test_every_folder_is_in_the_package() -> None:
    listed = {name for name in setup()["packages"] if name.split(".")[1:2] and name.split(".")[1] in FOLDERS}
    assert listed == {".".join(("lengthwise", *path.parent.parts)) for path in sources()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel, built of a copy: building leaves files beside the sources."""
    copy, out = tmp_path_factory.mktemp("copy") / "lengthwise", tmp_path_factory.mktemp("wheel")
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    if files.returncode:
        pytest.skip("not a git checkout")
    for name in files.stdout.splitlines():
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", str(copy), "--no-deps", "--quiet", "--wheel-dir", str(out)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in an environment of its own, with nothing in it but the wheel; what it needs is found elsewhere."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=120)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    asked = [str(scripts / "python"), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip())
    subprocess.run(
        [str(scripts / "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    new = {path.name for path in packages.iterdir()}
    assert "lengthwise" in new
    assert not new & {*FOLDERS, "results", "tests"}
    (packages / "elsewhere.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return scripts / "lengthwise"


@pytest.mark.slow
def test_the_wheel_has_every_source_and_the_tables_reference_runs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = {Path(name) for name in archive.namelist()}
    assert {Path("lengthwise") / path for path in sources()} <= inside
    for suite in ("quick", "full"):
        folder = Path("results") / "baseline" / suite
        records = {path.relative_to(ROOT) for path in (ROOT / folder / "records").glob("*.jsonl.gz")}
        assert records
        assert {Path("lengthwise") / path for path in (*records, folder / "robust.csv")} <= inside
    assert wheel.stat().st_size < 5_000_000


@pytest.mark.slow
def test_the_command_trains_where_it_is_called(program: Path, tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(program), *arguments], cwd=tmp_path, env=clean, capture_output=True, text=True, timeout=300
        )

    asked = ("--tasks", "copy", "--models", "gru", "--steps", "3", "--seeds", "1", "--suite", "smoke")
    done = ran("run", *asked)
    assert done.returncode == 0, done.stderr
    (made,) = (tmp_path / "results" / "runs" / "smoke" / "records").glob("*.json")
    assert '"commit": null' in made.read_text(encoding="utf-8")
    assert "use location_attention" in ran("best", "copy").stdout
    wrong = ran("tables", "--out", "nowhere")
    assert (wrong.returncode, wrong.stderr) == (
        1,
        "error: no records in 'nowhere/records': run `lengthwise run` first\n",
    )
    assert ran("--help").stdout.startswith("usage: lengthwise ")
