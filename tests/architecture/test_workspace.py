"""The workspace stands anywhere: all is declared and pinned by hash, no file names a registry or a machine's folder."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

REGISTRIES = re.compile(
    r"https?://(?!maven\.apache\.org/(?:POM|xsd))[^\s\"']*(?:pypi|pythonhosted|npm(?:js|mirror)|yarnpkg|maven|golang\.org|rubygems|crates\.io|artifactory|nexus)"
    r"|--(?:extra-)?index-url|--find-links|--trusted-host|\"resolved\":",
)
MACHINE_PATHS = re.compile(r"(?<![\w.$}/])/(?:work|root|home/\w+|Users/\w+)/[\w.]")
WEIGHT = 600_000
TEXT = {
    "", ".cfg", ".css", ".csv", ".html", ".in", ".ini", ".j2", ".js", ".json", ".lock", ".md", ".mod", ".properties",
    ".py", ".sh", ".sql", ".sum", ".toml", ".ts", ".txt", ".xml", ".yaml", ".yml",
}
FOR_TESTS = re.compile(r"^testing$|_for_tests$")
NAME = r"[A-Za-z0-9._-]+(?:\[[\w,-]+\])?"
PINNED = re.compile(NAME + r"==\S+(?:\s*;[^\\]+?)?(?:\s+--hash=sha256:[0-9a-f]{64})+\s*")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def text_files(root: Path, files: list[Path]) -> list[tuple[Path, str]]:
    mine = Path(__file__).resolve()
    return [
        (path, (root / path).read_text(encoding="utf-8")) for path in files
        if path.suffix in TEXT and (root / path).resolve() != mine and (root / path).is_file()
    ]


def hits(pattern: re.Pattern[str], root: Path, files: list[Path]) -> list[str]:
    return [f"{path}: {found[0]}" for path, text in text_files(root, files) for found in pattern.finditer(text)]


def projects(root: Path, files: list[Path]) -> Mapping[Path, dict[str, object]]:
    return {
        path.parent: tomllib.loads((root / path).read_text())["project"] for path in files
        if path.name == "pyproject.toml" and len(path.parts) > 1
    }


def imported(tree: ast.Module) -> Iterator[str]:
    """The top names of all imports, also of those inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def declared(project: Mapping[str, object]) -> set[str]:
    wanted = project["dependencies"]
    assert isinstance(wanted, list)
    return {normal(re.split(r"[\s\[<>=!~;]", one)[0]) for one in wanted}


def test_no_file_names_a_registry(root: Path, files: list[Path]) -> None:
    assert not hits(REGISTRIES, root, files)


def test_no_file_names_a_folder_of_one_machine(root: Path, files: list[Path]) -> None:
    assert not hits(MACHINE_PATHS, root, [path for path in files if path.name != "Dockerfile"])


def test_no_file_is_heavy(root: Path, files: list[Path]) -> None:
    given = [path for path in files if path.parts[0] != "openapi"]  # what the code writes may grow with it
    heavy = [str(path) for path in given if (root / path).stat().st_size > WEIGHT]
    assert not heavy, "the project ships only data that it makes"


def test_every_requirement_is_pinned_by_hash(root: Path) -> None:
    exports = sorted((root / "requirements").glob("*.txt"))
    assert (root / "requirements/dev.txt") in exports
    for export in exports:
        requirements = export.read_text().replace("\\\n", " ").splitlines()
        loose = [
            line for line in requirements
            if line.strip() and not line.lstrip().startswith("#") and not PINNED.fullmatch(line)
        ]
        assert not loose, export.name


def test_every_declared_dependency_is_pinned(root: Path, files: list[Path]) -> None:
    pinned = {normal(name) for name in re.findall(r"^([\w.-]+)", (root / "requirements/dev.txt").read_text(), re.M)}
    own = {normal(str(project["name"])) for project in projects(root, files).values()}
    missing = {
        str(folder): sorted(declared(project) - pinned - own) for folder, project in projects(root, files).items()
    }
    assert not {folder: names for folder, names in missing.items() if names}


def test_every_package_is_typed_and_named_mechanically(root: Path, files: list[Path]) -> None:
    for folder, project in projects(root, files).items():
        package = next((root / folder / "src").iterdir()).name
        assert (root / folder / "src" / package / "py.typed").exists(), folder
        assert project["name"] == "dunlin-" + package.removeprefix("dunlin_").replace("_", "-")
        assert project["license"] == "Apache-2.0"
        assert project["requires-python"] == ">=3.11"


@pytest.mark.parametrize("folder", [
    "libs/kernel", "libs/events", "libs/kit", "services/customer-svc", "services/billing-svc", "services/credit-svc",
    "services/notify-svc", "deploy/local",
])
def test_a_package_declares_what_it_imports(
    folder: str, root: Path, files: list[Path], packaged: Mapping[Path, ast.Module]
) -> None:
    owners = packages_distributions()
    trees = [tree for path, tree in packaged.items() if path.is_relative_to(folder) and not FOR_TESTS.search(path.stem)]
    used = {name for tree in trees for name in imported(tree)} - sys.stdlib_module_names
    project = projects(root, files)[Path(folder)]
    needed = {normal(owners.get(name, ["dunlin-" + name.removeprefix("dunlin_")])[0]) for name in used}
    missing = sorted(needed - declared(project) - {str(project["name"])})
    assert not missing, "imported, and not declared in pyproject.toml"
