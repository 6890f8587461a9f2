"""Galleries for docs: every task with an example at two lengths, every family with its size and source."""

from __future__ import annotations

from bench.checks.sizes import parameters_of
from bench.spec.catalogue import Catalogue, Entry
from bench.trial.build import build_task
from bench.trial.protocols import protocol_of
from tasks import Task, Tokens, Values

LONGEST = 100  # characters of an example that are printed
# What a family's default size is counted on: the first that suits it.
SPACES: tuple[tuple[Tokens | Values | None, Tokens | Values], ...] = (
    (Tokens(8), Tokens(8)),
    (None, Tokens(30)),
    (Values(1), Values(1)),
)


def tasks_gallery(catalogue: Catalogue) -> str:
    """Return the tasks as Markdown; texts that are files are named, not quoted: not every machine has them."""
    return "\n".join(task_entry(entry) for _, entry in sorted(catalogue.entries["task"].items()))


def task_entry(entry: Entry) -> str:
    """Return one task: what it asks, two examples, its lengths, the class of automata that does it."""
    lines = [f"## {entry.name}\n", f"{entry.summary}\n"]
    if entry.text("automaton"):
        lines.append(f"Automaton class: {entry.text('automaton')}.\n")
    if entry.literals.get("corpus") or entry.name == "words_brown":
        return "\n".join([*lines, "Its text is described in [language.md](language.md).\n"])
    task = build_task(entry.name, {})
    shown = "\n".join(f"{length:>4}  {cut(example(task, length))}" for length in telling(task))
    return "\n".join([*lines, f"```\n{shown}\n```\n"])


def telling(task: Task) -> list[int]:
    """Return the length that a task shows in distribution, and the first evaluated one past it."""
    longest = max(task.inside_lengths)
    return [
        min(longest, 10) if longest <= LONGEST else longest,
        *sorted(n for n in task.eval_lengths if n > longest)[:1],
    ]


def example(task: Task, length: int) -> str:
    """Return an example of a length; of a text that is read, its beginning."""
    language = protocol_of(task).language(task)
    if language is None:
        return task.example(length)
    return task.text(language.stream(length)[: LONGEST // 2].tolist())


def cut(text: str) -> str:
    """Return the beginning of a text that is longer than what is printed."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()} ..."


def models_gallery(catalogue: Catalogue) -> str:
    """Return the families as a Markdown table."""
    lines = ["| family | what it is | inductive bias | parameters | source |", "| --- | --- | --- | ---: | --- |"]
    for name, entry in sorted(catalogue.entries["model"].items()):
        bias = entry.inductive_bias({}) or "-"
        cells = [f"`{name}`", entry.summary, bias, size(name), entry.paper or "-"]
        lines.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def size(name: str) -> str:
    """Return how many parameters a family has by default, on the first data that suit it."""
    for source, target in SPACES:
        if found := parameters_of(name, source, target):
            return f"{found:,}"
    return "fitted"
