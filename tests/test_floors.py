"""The three floors, read from the source: also in functions, for every module that is ever added."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ABOVE = ("raylth.orchestration", "raylth.cli")
FORBIDDEN = {
    "science": ("ray", "optuna", "typer", "rich", *ABOVE, "raylth.run_sweep"),
    "orchestration": ("raylth.cli",),
    "cli": ("ray", "optuna"),
    "analysis": ("torch", "ray", "optuna", "raylth"),
}


def floor_of(module: str) -> str:
    """The floor of a dotted module name; whatever is not above it is science."""
    if module.split(".")[0] == "analysis":
        return "analysis"
    return next((top.split(".")[1] for top in ABOVE if within(module, top)), "science")


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def imported_names(source: str, module: str, is_package: bool) -> Iterator[tuple[str, bool]]:
    """Each dotted name that `source` imports, at any depth, and whether it is put off: in a function, or for types."""
    package = module if is_package else module.rpartition(".")[0]
    tree = ast.parse(source)
    later = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or for_types(node)
    ]
    lazy = {id(inner) for block in later for inner in ast.walk(block)}
    for node in ast.walk(tree):
        for name in names_of(node, package):
            yield name, id(node) in lazy


def for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def names_of(node: ast.AST, package: str) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=base, names=names, level=level):
            anchor = package.split(".")[: len(package.split(".")) - level + 1] if level else []
            parent = ".".join([*anchor, *([base] if base else [])])
            return [f"{parent}.{alias.name}" for alias in names]
        case ast.Call(func=func, args=[ast.Constant(value=str(name)), *_]) if called(func) in IMPORTERS:
            return [name]
    return []


IMPORTERS = {"import_module", "__import__"}


def called(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def violations(source: str, module: str, is_package: bool = False) -> list[str]:
    """Names that `module` may not import. One exception: raylth/__init__.py may import orchestration in a function or
    for types, so that `raylth.run_sweep` is public and `import raylth` still imports no Ray."""
    forbidden = FORBIDDEN[floor_of(module)]
    return [
        name
        for name, lazy in imported_names(source, module, is_package)
        if any(within(name, package) for package in forbidden)
        and not (module == "raylth" and lazy and within(name, "raylth.orchestration"))
    ]


def shipped_files() -> list[Path]:
    return sorted(path for package in ("raylth", "analysis") for path in (ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("path", shipped_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_only_what_its_floor_may(path: Path) -> None:
    parts = path.relative_to(ROOT).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    module = ".".join(parts[:-1] if is_package else parts)
    assert violations(path.read_text(encoding="utf-8"), module, is_package) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("raylth.training.loop", "import ray"),
        ("raylth.training.loop", "import ray.tune as t"),
        ("raylth.training.loop", "from optuna import create_study"),
        ("raylth.training.loop", "def f():\n    from rich.table import Table"),
        ("raylth.training.loop", "def f():\n    import importlib\n    importlib.import_module('typer')"),
        ("raylth.training.loop", "from raylth.orchestration import driver"),
        ("raylth.training.loop", "from raylth import orchestration"),
        ("raylth.training.loop", "from .. import cli"),
        ("raylth.training.loop", "from ..orchestration.driver import run"),
        ("raylth.training.loop", "from raylth import run_sweep"),
        ("raylth", "from raylth.orchestration import run_sweep"),
        ("raylth", "def f():\n    import ray"),
        ("raylth.cli.sweep", "import optuna"),
        ("raylth.orchestration.driver", "import raylth.cli"),
        ("analysis.report", "def f():\n    import torch"),
        ("analysis.report", "from raylth import errors"),
    ],
)
def test_a_forbidden_import_is_seen(module: str, source: str) -> None:
    assert len(violations(source, module, is_package=module == "raylth")) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("raylth", "def __getattr__(name):\n    from raylth.orchestration import run_sweep"),
        ("raylth.training.loop", "import raylth.errors\nfrom . import step\nimport torch\nfrom richness import rich"),
        ("raylth.orchestration.driver", "import ray\nfrom rich.live import Live\nfrom ..training import loop"),
        ("raylth.cli", "import typer\nfrom raylth.orchestration import run_sweep"),
        ("raylth.clinic", "from raylth.orchestrations import x"),
        ("analysis.report", "import pandas"),
    ],
)
def test_an_allowed_import_is_let_through(module: str, source: str) -> None:
    assert violations(source, module, is_package=module in {"raylth", "raylth.cli"}) == []
