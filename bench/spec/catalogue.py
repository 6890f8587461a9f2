"""Which tasks and models exist, read from their source text: no import, so no torch, so an answer at once."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.spec.errors import RequestError, choose_from

ROOT = Path(__file__).resolve().parent.parent.parent
KINDS = {"tasks": "task", "models": "model"}


@dataclass(frozen=True)
class Setting:
    """One setting: its type and its default, as written in the source."""

    type: str
    default: str


@dataclass(frozen=True)
class Entry:
    """A registered task or model: where it is, what its docstring's first line says, its settings."""

    kind: str
    name: str
    file: Path
    summary: str
    settings: dict[str, Setting]
    version: int = 1


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
    tree = parse(file)
    modules = imported_names(tree)
    entries = []
    for node in tree.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            named = _registration(decorator, modules)
            if named is None:
                continue
            kind, name = named
            settings, version = _settings(node, file)
            summary = (ast.get_docstring(node) or "").split("\n")[0]
            entries.append(Entry(kind, name, file, summary, settings, version))
    return tuple(entries)


def parse(file: Path) -> ast.Module:
    """Parse a Python file; a broken one is the request's fault."""
    try:
        return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
    except (SyntaxError, UnicodeDecodeError, ValueError) as error:
        raise RequestError(f"{str(file)!r} is not Python that can be read: {error}") from error


def imported_names(tree: ast.Module) -> dict[str, str]:
    """Map each name that a module's imports bind to what it stands for: register -> tasks.base.register."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _registration(decorator: ast.expr, modules: dict[str, str]) -> tuple[str, str] | None:
    """Return (kind, name) for a decorator such as register("copy"), models.register("gru"), else None."""
    if not (
        isinstance(decorator, ast.Call) and len(decorator.args) == 1 and isinstance(decorator.args[0], ast.Constant)
    ):
        return None
    first, _, rest = ast.unparse(decorator.func).partition(".")
    parts = f"{modules.get(first, first)}.{rest}".strip(".").split(".")
    if parts[-1] != "register" or parts[0] not in KINDS:
        return None
    return KINDS[parts[0]], str(decorator.args[0].value)


def _settings(node: ast.ClassDef | ast.FunctionDef, file: Path) -> tuple[dict[str, Setting], int]:
    """Read the settings: a task's dataclass fields (inherited ones too), a model's keyword-only arguments."""
    if isinstance(node, ast.FunctionDef):
        return _keywords(node), 1
    for part in node.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__init__":
            return _keywords(part), 1
    settings: dict[str, Setting] = {}
    version = 1
    for base in node.bases:
        found = _class(ast.unparse(base), file)
        if found:
            inherited, version = _settings(*found)
            settings.update(inherited)
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            annotation = ast.unparse(part.annotation)
            if part.target.id == "version" and isinstance(part.value, ast.Constant):
                version = int(str(part.value.value))
            elif not annotation.startswith("ClassVar"):
                settings[part.target.id] = Setting(annotation, ast.unparse(part.value) if part.value else "")
        elif isinstance(part, ast.Assign) and ast.unparse(part.targets[0]) == "version":
            version = int(ast.unparse(part.value))
    return settings, version


def text_of_class(entry: Entry, name: str) -> str:
    """Return the text that an entry's class gives a name, its own or inherited; "" where it gives none as a literal."""
    modules = imported_names(parse(entry.file))
    for node in parse(entry.file).body:
        if isinstance(node, ast.ClassDef) and any(
            _registration(decorator, modules) == (entry.kind, entry.name) for decorator in node.decorator_list
        ):
            return _text(node, entry.file, name)
    return ""


def _text(node: ast.ClassDef, file: Path, name: str) -> str:
    """Return the text that a class assigns to a name, else the first of its bases that does."""
    for part in node.body:
        targets = part.targets if isinstance(part, ast.Assign) else [getattr(part, "target", None)]
        value = getattr(part, "value", None)
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""
    found = (_class(ast.unparse(base), file) for base in node.bases)
    return next((text for base in found if base and (text := _text(*base, name))), "")


def _keywords(node: ast.FunctionDef) -> dict[str, Setting]:
    """Read keyword-only arguments."""
    return {
        argument.arg: Setting(ast.unparse(argument.annotation) if argument.annotation else "str", ast.unparse(default))
        for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is not None
    }


def _class(name: str, file: Path) -> tuple[ast.ClassDef, Path] | None:
    """Find the class that a name stands for in a file, through its imports where these are of this project."""
    tree = parse(file)
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return node, file
    module, _, original = imported_names(tree).get(name, "").rpartition(".")
    target = module_file(module) if module else None
    return _class(original, target) if target else None


def module_file(module: str) -> Path | None:
    """Return the file of a module of this project, None for any other."""
    parts = module.split(".")
    if parts[0] not in (*KINDS, "bench"):
        return None
    base = ROOT.joinpath(*parts)
    for file in (base.with_suffix(".py"), base / "__init__.py"):
        if file.is_file():
            return file
    return None
