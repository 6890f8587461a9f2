"""`readme`: the tables and figures of README and docs, from the committed reference runs."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from functools import lru_cache

import bench.commands
from bench.commands import places
from bench.spec.catalogue import ROOT, Catalogue
from bench.views.readme import BLOCKS, Maker, refresh, replace_block


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare nothing: the command has no arguments."""


def run(options: argparse.Namespace) -> int:
    """Rewrite the marked blocks of README.md and of the pages in docs."""
    from bench.commands.gallery import models_gallery, tasks_gallery
    from bench.studies.gpu.page import write_page as write_gpu_page
    from bench.views.charts.material import read_run
    from bench.views.readme import refresh_records_page

    docs, catalogue = ROOT / "docs", Catalogue()
    replace_block(docs / "tasks.md", "tasks", tasks_gallery(catalogue))
    replace_block(docs / "models.md", "models", models_gallery(catalogue))
    replace_block(docs / "cli.md", "commands", commands_gallery())
    refresh_records_page(docs / "records.md", places.BASELINE)
    write_gpu_page(places.GPU, places.BASELINE, docs / "gpu.md")
    blocks, read = all_blocks(), lru_cache(read_run)
    for page in (ROOT / "README.md", *sorted(docs.glob("*.md"))):
        changed = refresh(page, ROOT, blocks, read)
        print(f"{places.shown(page)}: {'rewritten' if changed else 'up to date'}")
    return 0


def all_blocks() -> dict[str, Maker]:
    """Return what makes the blocks of README and docs, by name: those of runs, and those of the studies."""
    from bench.studies.extrapolation.page import horizons
    from bench.studies.published.goals import goals
    from bench.studies.published.reproductions import reproductions
    from bench.studies.published.table import published

    return BLOCKS | {"horizons": horizons, "published": published, "reproductions": reproductions, "goals": goals}


def commands_gallery() -> str:
    """Return every subcommand with its arguments, as its own declaration says."""
    found = []
    for module in pkgutil.iter_modules(bench.commands.__path__):
        command = importlib.import_module(f"bench.commands.{module.name}")
        if hasattr(command, "add_arguments"):
            parser = argparse.ArgumentParser(prog=module.name, add_help=False)
            command.add_arguments(parser)
            said = (command.__doc__ or "").partition(": ")[2].strip()
            found.append("\n".join([f"### {module.name}\n", f"{said[:1].upper()}{said[1:]}\n", *arguments(parser)]))
    return "\n".join(found)


def arguments(parser: argparse.ArgumentParser) -> list[str]:
    """Return a list entry for each argument of a parser."""
    lines = []
    for action in parser._actions:  # argparse offers no other way to read them back
        names = ", ".join(action.option_strings) or str(action.metavar or action.dest)
        value = f" {action.metavar}" if action.option_strings and isinstance(action.metavar, str) else ""
        lines.append(f"- `{names}{value}`{': ' + action.help if action.help else ''}")
    return [*lines, ""] if lines else []
