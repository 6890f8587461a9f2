"""The key of a result: a hash of what was asked and of the sources that make it. Equal keys, equal numbers."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path

from bench.records.schema import SourceParts
from bench.spec.catalogue import KINDS, ROOT, Catalogue, Entry, module_file, parse, python_file
from bench.spec.errors import RequestError
from bench.spec.spec import Spec

TRIAL = ROOT / "bench" / "trial" / "trial.py"  # training and evaluation begin here
PROTOCOLS = ROOT / "bench" / "trial" / "protocols" / "__init__.py"  # imports every module beside it by a walk
DATA_FILES = "DATA_FILES"  # by this name a source lists the files beside it that it reads
# The first fields of a spec are hashed whatever they say, so that a changed default counts; later ones where they
# depart from their default, so that a new option makes nothing stale: its default must never change.
FIRST = (
    "task model steps batch learning_rate weight_decay warmup schedule period optimizer seconds curriculum "
    "same_length_batches ema grad_clip eval_every patience examples adversarial fits loss_mask data_seed"
).split()
LABELS = ("row", "column", "variant")
TOLD = ("paper", "inductive_bias", "inductive_biases", "automaton")  # what tasks and families only say of themselves


@dataclass(frozen=True)
class Sources:
    """What makes a result besides what is asked: the task's version, hashes of the sources.

    defaults: of the task's settings and the model's, as far as their sources spell them out
    """

    task_version: int
    parts: SourceParts
    defaults: Mapping[str, Mapping[str, object]]

    @property
    def whole(self) -> str:
        """One hash of all sources."""
        return hashed(self.parts)


def sources_of(spec: Spec, catalogue: Catalogue) -> Sources:
    """Find what makes the results of a spec."""
    task, model = catalogue.find("task", spec.task), catalogue.find("model", spec.model)
    parts = SourceParts(task=fingerprint(task.file), model=fingerprint(model.file), trial=fingerprint(TRIAL))
    return Sources(task.version, parts, {"task_settings": defaults_of(task), "model_settings": defaults_of(model)})


def defaults_of(entry: Entry) -> dict[str, object]:
    """Return the defaults of a task's or model's settings, but for those that are a name or a call in its source."""
    found = {}
    for name, setting in entry.settings.items():
        with suppress(ValueError, SyntaxError):
            found[name] = ast.literal_eval(setting.default)
    return found


def asked_of(spec: Spec, sources: Sources) -> dict[str, object]:
    """Return what is asked of a trial, but for later options and for settings that are as they are by default."""
    usual = {field.name: field.default for field in fields(spec) if field.name not in FIRST}
    values = {field.name: getattr(spec, field.name) for field in fields(spec) if field.name not in LABELS}
    asked = {name: value for name, value in values.items() if name not in usual or value != usual[name]}
    for part, defaults in sources.defaults.items():
        asked[part] = {
            name: value
            for name, value in values[part].items()
            if name not in defaults or hashed(value) != hashed(defaults[name])  # JSON has no tuples
        }
    return asked


def settings_hash(spec: Spec, seed: int, sources: Sources) -> str:
    """Hash what is asked of a trial."""
    return hashed(asked_of(spec, sources), seed, sources.task_version)


def key_of(spec: Spec, seed: int, sources: Sources) -> str:
    """Return the key under which a record is current: what is asked, and the sources that make it."""
    return hashed(settings_hash(spec, seed, sources), sources.whole)


def weights_key(spec: Spec, seed: int, sources: Sources) -> str:
    """Return the key of trained weights: that of their record, whatever examples evaluate them."""
    return key_of(replace(spec, examples=1, adversarial=0, exhaustive=False), seed, sources)


def hashed(*values: object) -> str:
    """Hash values that JSON has."""
    text = json.dumps(values, sort_keys=True, default=list)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Source:
    """What a source says itself, hashed; what it imports; hashes of the data files that it declares.

    imports: each name, what it stands for, and the file of its module if that is to be hashed too; what a name of such
        a module stands for is told without the module's own name
    """

    own: str
    imports: tuple[tuple[str, str, Path | None], ...]
    data: tuple[str, ...]


@cache
def fingerprint(file: Path) -> str:
    """Hash what a source says, what it imports at any depth, and the data files that these declare.

    Where a file lies and what it is called have no part in it; nor have comments, docstrings, layout, texts of errors.
    """
    contents = set()
    for source in (read_source(each, file.parent) for each in closure(file)):
        imports = {
            (name, what, module and read_source(module, file.parent).own) for name, what, module in source.imports
        }
        contents.add(hashed(source.own, sorted(imports, key=str), source.data))
    return hashed(sorted(contents))


def closure(file: Path) -> set[Path]:
    """Return a source and all that it imports at any depth, of this project or, for a plug-in, from beside it."""
    found: set[Path] = set()
    waiting = [file]
    while waiting:
        source = waiting.pop()
        if source not in found:
            found.add(source)
            waiting += [module for _, _, module in read_source(source, file.parent).imports if module]
            waiting += sorted(source.parent.glob("*.py")) if source == PROTOCOLS else []
    return found


@cache
def read_source(file: Path, beside: Path) -> Source:
    """Read a source; `beside`: the folder of the plug-in that imports it."""
    tree = parse(file)
    return Source(hashed(said(tree)), tuple(imports_of(tree, file, beside)), data_of(tree, file))


def is_aside(node: ast.AST) -> bool:
    """Whether a node is a docstring, is there for types alone, or only tells something of a task or a family."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return ast.unparse(node.target if isinstance(node, ast.AnnAssign) else node.targets[0]) in TOLD
    if isinstance(node, ast.If):
        return ast.unparse(node.test) == "TYPE_CHECKING" and not node.orelse
    return isinstance(node, ast.Expr) and is_text(node.value)


def is_text(node: ast.expr) -> bool:
    """Whether an expression is a string as it is written."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def said(node: object) -> object:
    """Return a syntax tree as nested lists, the same on each Python version: no imports, no texts of errors."""
    if isinstance(node, list):
        return [said(each) for each in node if not isinstance(each, ast.Import | ast.ImportFrom) and not is_aside(each)]
    if not isinstance(node, ast.AST) or isinstance(node, ast.Constant):
        return repr(node.value if isinstance(node, ast.Constant) else node)
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        arguments = [argument for argument in node.exc.args if not is_text(argument)]
        node = ast.Raise(ast.Call(node.exc.func, arguments, node.exc.keywords), node.cause)
    parts = [(name, said(value)) for name, value in ast.iter_fields(node) if value is not None and value != []]
    return [type(node).__name__, *parts]


def imports_of(tree: ast.Module, file: Path, beside: Path) -> Iterator[tuple[str, str, Path | None]]:
    """Yield the names that a source imports, and "" for the packages on the way, which run as well."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        waiting += [] if is_aside(node) else ast.iter_child_nodes(node)
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        level, package = (node.level, node.module or "") if isinstance(node, ast.ImportFrom) else (0, "")
        for alias in node.names:  # `from a.b import c` may mean the module a.b.c, or c of the module a.b
            parts = f"{package}.{alias.name}".strip(".").split(".")
            choices = ((source_file(parts[:end], level, file, beside), parts[end:]) for end in range(1, len(parts) + 1))
            *packages, (module, rest) = [each for each in choices if each[0]] or [(None, parts)]
            yield alias.asname or alias.name, ".".join(rest), module
            yield from (("", "", each) for each, _ in packages)


def source_file(module: list[str], level: int, file: Path, beside: Path) -> Path | None:
    """Return the file of a module that a file imports, from so many folders up; None for one that is not hashed.

    Hashed are tasks, models and, of bench, the trial: nothing else in bench moves a number.
    """
    first, *rest = module
    if not level and first in (*KINDS, "bench"):
        return None if first == "bench" and rest[:1] != ["trial"] else module_file(".".join(module))
    base = file.parent.joinpath(*[".."] * (level - 1)).resolve() if level else beside
    return python_file(base.joinpath(*module))


def data_of(tree: ast.Module, file: Path) -> tuple[str, ...]:
    """Hash the contents of the files beside a source that it declares: DATA_FILES = ("corpus.txt",)."""
    try:
        declared = [
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and any(ast.unparse(target) == DATA_FILES for target in node.targets)
        ]
        found = [(file.parent / name).read_bytes() for names in declared for name in names]
    except (ValueError, TypeError, OSError) as error:
        example = f'{DATA_FILES} = ("corpus.txt",) names files beside it'
        raise RequestError(f"{str(file)!r}: {example}; {error}") from error
    return tuple(hashlib.sha256(content).hexdigest() for content in found)
