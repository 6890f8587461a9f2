from __future__ import annotations

import gzip
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from floors import floors
from harness import ROOT
from packaging.requirements import Requirement

from bench.__main__ import main
from bench.cli import build_parser
from bench.commands.arguments import names
from bench.records.packs import pack_name
from bench.records.store import read_records
from bench.spec.catalogue import Catalogue
from bench.spec.settings import parse_change
from bench.suites.plan import plan
from bench.suites.suites import find_suite
from bench.views.tables import write_tables

PAGES = ("README.md", "CONTRIBUTING.md")
TARGETS = ("bench", "test", "check", "floors", "perf", "tables", "lessons", "extrapolate", "docs", "clean", "help")
LARGEST = 1_500_000
ALL_CORES = (
    """$(any-python -c 'from importlib.util import find_spec; """
    """print("-n auto --dist worksteal" if find_spec("xdist") else "")')"""
)
COMPILED = "PYTHONDONTWRITEBYTECODE="  # sources are compiled once, and found so by the other processes
FOLDERS = ("tasks", "models", "bench", "tests", "results/baseline", ".ci")
MACHINE_PATHS = tuple(f"/{folder}/" for folder in ("work", "root", "tmp", "home", "Users"))
REGISTRY_HOSTS = ("pypi" + ".org", "python" + "hosted", "arti" + "factory", "index-" + "url")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BASELINES = sorted(folder for folder in (ROOT / "results" / "baseline").glob("*") if folder.is_dir())


def git(*arguments: str) -> str:
    command = ["git", "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout


def make(*arguments: str) -> str:
    """Run make as from a shell, even where these tests were started by make."""
    inherited = ("PYTHON", "SUITE", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    environment = {name: value for name, value in os.environ.items() if name not in inherited}
    command = ["make", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60
    ).stdout


def project_files() -> list[Path]:
    """Return the files that git tracks or would track."""
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    """Return a file's text, that of a pack unpacked, nothing for a picture."""
    try:
        if path.suffix == ".gz":
            return gzip.decompress(path.read_bytes()).decode()
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_makefile_has_the_targets_and_help_names_them() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    rules = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    phony = set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split())
    assert set(TARGETS) <= rules & phony
    shown = make("help")
    for target in TARGETS:
        assert re.search(rf"^  make {target} +\S", shown, re.MULTILINE), target


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("bench", "any-python -m bench run --suite quick"),
        ("test", f"{COMPILED} any-python -m pytest {ALL_CORES} --durations=20"),
        ("check", f'{COMPILED} any-python -m pytest {ALL_CORES} -m "not slow"'),
        ("tables", "any-python -m bench tables --out results/runs/quick"),
        ("extrapolate", "any-python -m bench run --suite extrapolate_core"),
    ],
)
def test_a_given_python_is_used_as_it_is_and_nothing_is_installed(target: str, command: str) -> None:
    lines = [
        line for line in make("--dry-run", target, "PYTHON=any-python").splitlines() if not line.startswith("make")
    ]
    assert command in lines
    assert not any("pip" in line or "venv" in line for line in lines)


def test_continuous_integration_runs_the_readmes_test_command() -> None:
    script = ROOT / ".ci" / "run"
    lines = [line.strip() for line in script.read_text(encoding="utf-8").splitlines()]
    assert "make test" in lines
    assert "set -euo pipefail" in lines
    assert lines[0] == "#!/usr/bin/env bash"
    assert os.access(script, os.X_OK)
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_constraints_pin_every_package_within_what_is_allowed() -> None:
    pins = dict(re.findall(r"^([\w-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE))
    wanted = [Requirement(line) for line in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"])]
    assert "torch" in pins
    for requirement in wanted:
        assert requirement.name in pins, f"{requirement.name} is not pinned"
        assert pins[requirement.name] in requirement.specifier


def test_floors_are_the_oldest_packages_that_are_allowed() -> None:
    oldest = dict(line.split("==") for line in floors())
    for requirement in map(Requirement, PROJECT["dependencies"]):
        if requirement.name != "torch":
            assert f">={oldest[requirement.name]}" == str(requirement.specifier)


@pytest.mark.parametrize("version", ["2.6.0", "2.13.0"])
def test_torch_of_the_last_years_is_allowed(version: str) -> None:
    torch = next(line for line in map(Requirement, PROJECT["dependencies"]) if line.name == "torch")
    assert version in torch.specifier
    assert "2.5.1" not in torch.specifier


def test_no_file_is_large() -> None:
    large = {path.relative_to(ROOT).as_posix(): path.stat().st_size for path in project_files()}
    assert {name: size for name, size in large.items() if size > LARGEST} == {}


def test_no_file_names_a_machines_paths_or_a_package_registry() -> None:
    found = []
    for path in project_files():
        name, text = path.relative_to(ROOT).as_posix(), text_of(path)
        patterns = REGISTRY_HOSTS if name.startswith("tests/") else (*REGISTRY_HOSTS, *MACHINE_PATHS)
        found += [f"{name}: {pattern}" for pattern in patterns if pattern in text]
    assert found == []


def test_runs_and_caches_are_ignored_and_the_baseline_is_not() -> None:
    ignored = ("results/runs/quick/records/x.json", ".venv/x", "tests/__pycache__/x.pyc", ".hypothesis/x")
    assert git("check-ignore", *ignored).splitlines() == list(ignored)
    kept = ["git", "-c", "safe.directory=*", "check-ignore", "results/baseline/quick/records/x.jsonl.gz"]
    assert subprocess.run(kept, cwd=ROOT, capture_output=True, timeout=60).returncode == 1
    assert not git("ls-files", "results/runs")


def prose_and_code(page: str) -> tuple[str, str]:
    """Split a page into its text and its blocks of code."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return re.sub(r"^```\w*\n.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), "\n".join(blocks)


@pytest.mark.parametrize("page", PAGES)
def test_local_links_and_named_files_exist(page: str) -> None:
    prose, _ = prose_and_code(page)
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", prose) if "://" not in link]
    named = [
        word
        for word in re.findall(r"`([^`\s]+)`", prose)
        if word.startswith(tuple(f"{folder}/" for folder in FOLDERS)) and not re.search(r"[<>*{}$]", word)
    ]
    named += re.findall(r"\b[A-Z]+\.md\b", prose)
    missing = [name for name in (*links, *named) if name and not (ROOT / name).exists()]
    assert missing == []
    assert len(named) >= 3


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_a_page_names_is_one(page: str) -> None:
    prose, code = prose_and_code(page)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    lines = [*re.findall(r"`([^`\n]+)`", prose), *code.splitlines()]
    asked = [re.split(r" {2,}#", line.strip())[0].replace("$rate", "0.1") for line in lines]
    targets = [line.split()[1] for line in asked if re.match(r"make [a-z]", line)]
    assert targets
    assert not [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)]
    commands = [line.partition("python -m bench ")[2] for line in asked if "python -m bench " in line]
    assert commands
    for command in commands:
        if "..." in command:
            continue
        options = build_parser().parse_args(shlex.split(command))
        if command.startswith("run") and not options.plugin:
            changes = [parse_change(text) for text in options.changes]
            chosen = names(options.tasks, "--tasks"), names(options.models, "--models")
            assert plan(find_suite(options.suite), Catalogue(), *chosen, changes, options.steps)


@pytest.mark.parametrize(
    "command", ["list", "run", "tables", "report", "compare", "power", "history", "promote", "show", "generate"]
)
def test_help_of_every_command_is_printed(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"python -m bench {command}" in capsys.readouterr().out


def test_committed_records_are_whole_and_made_by_committed_code() -> None:
    for folder in BASELINES:
        records, problems = read_records(folder / "records")
        assert problems == []
        assert records
        packs = {pack_name(made["task"], made["seed"]) for made in records}
        assert {path.name for path in (folder / "records").iterdir()} == packs
        for made in records:
            assert made["dirty"] is False
            assert re.fullmatch(r"[0-9a-f]{40}", made["commit"])


def test_committed_tables_are_those_of_the_committed_records(tmp_path: Path) -> None:
    for folder in BASELINES:
        shutil.copytree(folder / "records", tmp_path / folder.name / "records")
        problems = write_tables(tmp_path / folder.name, folder.name)[2]
        assert problems == []
        for name in ("by_length.csv", "leaderboard.csv", "robust.csv", "leaderboard.md"):
            assert (tmp_path / folder.name / name).read_bytes() == (folder / name).read_bytes(), folder / name


@pytest.mark.slow
def test_pytest_finds_the_project_from_any_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-I", "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    for folder in (tmp_path, ROOT):
        done = subprocess.run(
            [*command, str(ROOT / "tests" / "bench" / "spec" / "test_settings.py")],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
