"""Sizes have walls, names say what a thing is, and each file begins by saying what lives in it.

`ratchet.json` names the few that stand beyond a wall, each with its size: it may shrink, never grow.
"""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

FUNCTION_LINES, CLASS_METHODS, PARAMETERS = 60, 15, 5
EXCEPTIONS = 8
BANNED_STEMS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "service", "core", "models", "base"}
BANNED_ENDINGS = ("Manager", "Helper", "Helpers", "Utils", "Util", "Service")
BUSINESS_WORDS = ("invoice", "payment", "allocat", "receivable", "dunning", "reminder", "ageing", "overdue", "exposure")
BANNER = re.compile(r"^\s*#\s*(?:[-=*#~_]\s*){4,}")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def wall_of(path: Path) -> int:
    """The most lines a file of this place may have."""
    if "tests" in path.parts or path.name == "conftest.py":
        return 400
    room = {"domain": 200, "usecases": 120, "api": 250, "store": 250}
    return next((room[part] for part in path.parts if part in room), 300)


def scopes_of(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Every function and class with its dotted name, also those inside others."""
    for child in ast.iter_child_nodes(node):
        name = prefix
        if isinstance(child, Function | ast.ClassDef):
            name = f"{prefix}.{child.name}".strip(".")
            yield name, child
        yield from scopes_of(child, name)


def parameters_of(function: Function) -> int:
    """How many a caller must give; those of a route are no concern of ours: they are the request."""
    given = function.args
    names = [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def beyond_the_walls(root: Path, modules: Mapping[Path, ast.Module]) -> dict[str, int]:
    found: dict[str, int] = {}
    for path, tree in modules.items():
        if "versions" in path.parts:  # a migration says once what tables there are; it is never changed again
            continue
        lines = len((root / path).read_text(encoding="utf-8").splitlines())
        if lines > wall_of(path):
            found[str(path)] = lines
        for name, node in scopes_of(tree):
            where = f"{path}::{name}"
            if isinstance(node, ast.ClassDef):
                methods = sum(isinstance(child, Function) and not child.name.startswith("__") for child in node.body)
                if methods > CLASS_METHODS:
                    found[f"{where} methods"] = methods
            else:
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > FUNCTION_LINES:
                    found[f"{where} lines"] = size
                if parameters_of(node) > PARAMETERS and not {"tests", "api"} & set(path.parts):
                    found[f"{where} parameters"] = parameters_of(node)
    return found


def test_nothing_stands_beyond_a_wall_but_what_the_ratchet_names(
    root: Path, modules: Mapping[Path, ast.Module]
) -> None:
    allowed: dict[str, int] = json.loads((root / "tests/architecture/ratchet.json").read_text())
    found = beyond_the_walls(root, modules)
    grown = {where: size for where, size in found.items() if size > allowed.get(where, 0)}
    assert not grown, "beyond the wall: cut it"
    loose = {where: size for where, size in allowed.items() if found.get(where) != size}
    assert not loose, "smaller than the ratchet says: lower it there, or take the line out"
    assert len(allowed) <= EXCEPTIONS, "the ratchet only ever gets shorter"


def test_no_file_or_folder_has_a_name_that_says_nothing(modules: Mapping[Path, ast.Module]) -> None:
    banned = [
        str(path) for path in modules
        if {path.stem, *path.parts[:-1]} & BANNED_STEMS and not str(path).endswith("contracts/base.py")
    ]
    assert not banned


def test_no_class_has_a_name_that_says_nothing(packaged: Mapping[Path, ast.Module]) -> None:
    banned = [
        f"{path}::{name}" for path, tree in packaged.items() for name, node in scopes_of(tree)
        if isinstance(node, ast.ClassDef) and name.endswith(BANNED_ENDINGS)
    ]
    assert not banned


def test_every_file_begins_with_what_lives_in_it(modules: Mapping[Path, ast.Module]) -> None:
    silent = [str(path) for path, tree in modules.items() if len(ast.get_docstring(tree) or "") < 15]
    assert not silent


def test_there_are_no_banners(root: Path, modules: Mapping[Path, ast.Module]) -> None:
    banners = [
        f"{path}:{number}" for path in modules
        for number, line in enumerate((root / path).read_text(encoding="utf-8").splitlines(), 1) if BANNER.match(line)
    ]
    assert not banners


def test_the_chassis_names_no_business_thing(root: Path, packaged: Mapping[Path, ast.Module]) -> None:
    named = [
        f"{path}: {word}" for path in packaged if "dunlin_kit" in path.parts
        for word in BUSINESS_WORDS if word in (root / path).read_text(encoding="utf-8").lower()
    ]
    assert not named


def test_a_use_case_is_one_file_and_one_verb_of_the_same_name(packaged: Mapping[Path, ast.Module]) -> None:
    """Or a thing that several verbs of the service share: then the file holds the class of its name."""
    misnamed = [
        str(path) for path, tree in packaged.items()
        if path.parent.name == "usecases" and path.stem != "__init__"
        and not {path.stem, path.stem.title().replace("_", "")} & {
            node.name for node in tree.body if isinstance(node, Function | ast.ClassDef)}
    ]
    assert not misnamed


def test_rules_wait_for_nothing_and_count_in_no_floats(domain: Mapping[Path, ast.Module]) -> None:
    wrong = [
        f"{path}:{node.lineno}" for path, tree in domain.items() for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef | ast.Await)
        or (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]
    assert not wrong
