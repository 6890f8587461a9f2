"""Which tasks and models exist, read from their source text: no import, so no torch, so an answer at once."""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from bench.spec.errors import RequestError, choose_from
from bench.spec.home import ROOT as ROOT  # where others look for it

KINDS = {"tasks": "task", "models": "model"}


@dataclass(frozen=True)
class Setting:
    """One setting: its type and its default, as written in the source."""

    type: str
    default: str


@dataclass(frozen=True)
class Entry:
    """A registered task or model: where it is, what its docstring's first line says, its settings.

    literals: what its class, or one that it inherits from, gives a name as a literal: version, paper, automaton, ..
    """

    kind: str
    name: str
    file: Path
    summary: str
    settings: Mapping[str, Setting]
    literals: Mapping[str, Any] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """A task's version, which is raised when its data change."""
        return int(self.literals.get("version", 1))

    @property
    def paper(self) -> str:
        """Where a family is from; "" where it does not say."""
        return self.text("paper")

    def text(self, name: str) -> str:
        """Return the text that the class gives a name; "" where it gives none as a literal."""
        found = self.literals.get(name, "")
        return found if isinstance(found, str) else ""

    def inductive_bias(self, settings: Mapping[str, Any]) -> str:
        """Return what structure a family brings along with these settings, "" where it does not say."""
        by_setting = self.literals.get("inductive_biases", {})
        found = [by_setting[key] for name, value in settings.items() if (key := f"{name}={value}") in by_setting]
        return "; ".join(dict.fromkeys(found)) or self.text("inductive_bias")


class Catalogue:
    """Every task and model of the checkout and of the plug-in files given."""

    def __init__(self, plugins: tuple[Path, ...] = ()) -> None:
        self.plugins = plugins
        self.entries: dict[str, dict[str, Entry]] = {kind: {} for kind in KINDS.values()}
        for folder in KINDS:
            for file in sorted((ROOT / folder).rglob("*.py")):
                self._add(file)
        for file in plugins:
            if not file.is_file():
                raise RequestError(f"plug-in {str(file)!r} is not a file")
            if not self._add(file):
                raise RequestError(f"plug-in {str(file)!r} registers no task and no model")

    def _add(self, file: Path) -> bool:
        found = registered(file)
        for entry in found:
            if entry.name in self.entries[entry.kind]:
                other = self.entries[entry.kind][entry.name].file
                raise RequestError(f"{entry.kind} {entry.name!r} of {str(file)!r} exists already in {str(other)!r}")
            self.entries[entry.kind][entry.name] = entry
        return bool(found)

    def find(self, kind: str, name: str) -> Entry:
        """Return the entry of this kind ("task" or "model") and name; an unknown name says what exists."""
        if name not in self.entries[kind]:
            raise choose_from(kind, name, list(self.entries[kind]))
        return self.entries[kind][name]


@cache
def registered(file: Path) -> tuple[Entry, ...]:
    """Return the entries that a file's `register("name")` decorators add."""
    modules = imported_names(parsed(file), file)
    entries = []
    for node in parsed(file).body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            named = _registration(decorator, modules)
            if named is None:
                continue
            kind, name = named
            summary = (ast.get_docstring(node) or "").split("\n")[0]
            says = (_keywords(node), {}) if isinstance(node, ast.FunctionDef) else _class_says(node, file)
            entries.append(Entry(kind, name, file, summary, *says))
    return tuple(entries)


def parse(file: Path) -> ast.Module:
    """Parse a Python file, whose tree is then the caller's own; a broken file is the request's fault."""
    try:
        with tokenize.open(file) as opened:  # past a byte order mark, in the encoding that its first lines name
            return ast.parse(opened.read(), filename=str(file))
    except (SyntaxError, ValueError, OSError) as error:
        raise RequestError(f"{str(file)!r} is not Python that can be read: {error}") from error


parsed = cache(parse)  # for those who only read the tree


def imported_names(tree: ast.Module, file: Path | None = None) -> dict[str, str]:
    """Map each name that a module's imports bind to what it stands for; relative imports only where `file` is given."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom):
            package = _package(node, file)
            for alias in node.names if package else ():
                names[alias.asname or alias.name] = f"{package}.{alias.name}"
    return names


def _package(node: ast.ImportFrom, file: Path | None) -> str:
    """Return the module that `from module import ..` names, in full; "" where that is beyond this project."""
    if not node.level:
        return node.module or ""
    if file is None or not file.is_relative_to(ROOT):
        return ""
    return ".".join([*file.relative_to(ROOT).parts[: -node.level], *([node.module] if node.module else [])])


def _registration(decorator: ast.expr, modules: dict[str, str]) -> tuple[str, str] | None:
    """Return (kind, name) for a decorator such as register("copy"), models.register(name="gru"), else None."""
    if not isinstance(decorator, ast.Call):
        return None
    given = [*decorator.args, *(keyword.value for keyword in decorator.keywords if keyword.arg == "name")]
    if len(given) != 1 or not isinstance(given[0], ast.Constant):
        return None
    first, _, rest = ast.unparse(decorator.func).partition(".")
    parts = f"{modules.get(first, first)}.{rest}".strip(".").split(".")
    if parts[-1] != "register" or parts[0] not in KINDS:
        return None
    return KINDS[parts[0]], str(given[0].value)


def _class_says(node: ast.ClassDef, file: Path) -> tuple[dict[str, Setting], dict[str, Any]]:
    """Read a class, what it inherits first: its settings, and what it assigns to names as literals.

    Settings are a dataclass's fields, but for those that are not `init`; of another class the keywords of `__init__`.
    """
    settings: dict[str, Setting] = {}
    literals: dict[str, Any] = {}
    for base in _bases(node, file):
        inherited = _class_says(*base)
        settings, literals = settings | inherited[0], literals | inherited[1]
    is_dataclass = any(ast.unparse(each).partition("(")[0].endswith("dataclass") for each in node.decorator_list)
    for part in node.body:
        if isinstance(part, ast.FunctionDef):
            literals.pop(part.name, None)  # a property stands for what it inherits
            settings = _keywords(part) if part.name == "__init__" else settings
        if not isinstance(part, ast.AnnAssign | ast.Assign):
            continue
        target = part.target if isinstance(part, ast.AnnAssign) else part.targets[0]
        name = ast.unparse(target)
        literals.pop(name, None)
        if part.value:
            with suppress(ValueError, TypeError):  # no literal: only running the code would tell
                literals[name] = ast.literal_eval(part.value)
        if not is_dataclass or not isinstance(part, ast.AnnAssign):
            continue
        annotation = ast.unparse(part.annotation)
        default = None if annotation.partition("[")[0].endswith("ClassVar") else _default(part.value)
        if default is None:
            settings.pop(name, None)
        else:
            settings[name] = Setting(annotation, default)
    return settings, literals


def _default(value: ast.expr | None) -> str | None:
    """Return a dataclass field's default as written, "" where it has none; None for a field that nobody may set."""
    if not (isinstance(value, ast.Call) and ast.unparse(value.func).endswith("field")):
        return ast.unparse(value) if value else ""
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in value.keywords}
    made = f"{given['default_factory']}()" if "default_factory" in given else ""
    return None if given.get("init") == "False" else given.get("default", made)


def _keywords(node: ast.FunctionDef) -> dict[str, Setting]:
    """Read keyword-only arguments."""
    return {
        argument.arg: Setting(ast.unparse(argument.annotation) if argument.annotation else "str", ast.unparse(default))
        for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is not None
    }


def _bases(node: ast.ClassDef, file: Path) -> list[tuple[ast.ClassDef, Path]]:
    """Return the classes that a class inherits from, of this project or beside a plug-in: the last base first."""
    found = (_class(ast.unparse(base).partition("[")[0], file) for base in reversed(node.bases))
    return [base for base in found if base]


def _class(name: str, file: Path) -> tuple[ast.ClassDef, Path] | None:
    """Find the class that a name stands for in a file, through its imports where these can be followed."""
    tree = parsed(file)
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return node, file
    first, dot, rest = name.partition(".")
    module, _, original = f"{imported_names(tree, file).get(first, '')}{dot}{rest}".rpartition(".")
    target = module_file(module, file.parent) if module else None
    return _class(original, target) if target else None


def module_file(module: str, beside: Path | None = None) -> Path | None:
    """Return the file of a module of this project, or of one that lies in the folder `beside`; None for any other."""
    parts = module.split(".")
    base = ROOT if parts[0] in (*KINDS, "bench") else beside
    return python_file(base.joinpath(*parts)) if base else None


def python_file(path: Path) -> Path | None:
    """Return the file of a module at a path without its ending: itself, or a package's first; None where is none."""
    return next((each for each in (path.with_suffix(".py"), path / "__init__.py") if each.is_file()), None)
