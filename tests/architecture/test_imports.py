"""What may import what: the contracts of `.importlinter`, and what they cannot say."""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from importlinter.application.use_cases import lint_imports
from importlinter.configuration import configure

NOT_FOR_RULES = {"asyncio", "os", "pathlib", "random", "socket", "subprocess", "threading", "time"}


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_the_import_contracts_are_kept(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root)
    configure()
    kept = lint_imports(config_filename=".importlinter", cache_dir=None)
    assert kept, capsys.readouterr().out


def test_every_folder_of_a_package_is_seen_by_the_contracts(packaged: Mapping[Path, ast.Module], root: Path) -> None:
    folders = {path.parent for path in packaged}
    unseen = sorted(str(folder) for folder in folders if not (root / folder / "__init__.py").exists())
    assert not unseen, "folders without __init__.py"


def test_rules_stand_on_the_standard_library_and_the_kernel_alone(domain: Mapping[Path, ast.Module]) -> None:
    allowed = sys.stdlib_module_names - NOT_FOR_RULES
    strangers = []
    for path, tree in domain.items():
        own = ".".join(path.parts[path.parts.index("src") + 1 : -1])
        strangers += [
            f"{path}: {name}" for name in imported(tree)
            if name.partition(".")[0] not in {*allowed, "dunlin_kernel"} and not name.startswith(own)
        ]
    assert not strangers
