"""What the tests of the house look at: its files, parsed once."""

import ast
import gc
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PASSED_OVER = {".coverage", "results", "node_modules", "__pycache__", "dist"}


def _files_below(folder: Path) -> list[Path]:
    found: list[Path] = []
    for entry in sorted(folder.iterdir()):
        if entry.name in PASSED_OVER or (entry.is_dir() and entry.name.startswith(".") and entry.name != ".ci"):
            continue
        found += _files_below(entry) if entry.is_dir() else [entry]
    return found


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def files() -> list[Path]:
    """Every file of the project, relative to its root, without what is built or installed."""
    return [path.relative_to(ROOT) for path in _files_below(ROOT)]


@pytest.fixture(scope="session")
def modules(files: list[Path]) -> Mapping[Path, ast.Module]:
    """Every Python file, parsed; the collector would walk all that is there already, again and again."""
    gc.disable()
    try:
        return {path: ast.parse((ROOT / path).read_text(encoding="utf-8")) for path in files if path.suffix == ".py"}
    finally:
        gc.enable()


@pytest.fixture(scope="session")
def packaged(modules: Mapping[Path, ast.Module]) -> Mapping[Path, ast.Module]:
    """The Python files that are installed: those below a `src` folder."""
    return {path: tree for path, tree in modules.items() if "src" in path.parts}


@pytest.fixture(scope="session")
def domain(packaged: Mapping[Path, ast.Module]) -> Mapping[Path, ast.Module]:
    """The files of rules, without the packages' own `__init__.py`."""
    return {
        path: tree for path, tree in packaged.items() if path.parent.name == "domain" and path.stem != "__init__"
    }
