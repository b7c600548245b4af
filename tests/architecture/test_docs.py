"""The documents say what is there: every file, test, term, id and code they name exists, and none is left out."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dunlin_local.__main__ import parser

SERVICES = {"CU": 80, "BI": 58, "CR": 45, "NO": 25, "PL": 13}
STATES = {"works", "partly", "not yet"}
CHASSIS = {
    ("no_such_path", "404"), ("method_not_allowed", "405"), ("http_error", "any"), ("outcome_unknown", "503"),
    ("database_unavailable", "503"), ("already_exists", "409"),
}
"""Codes that the chassis chooses at run time; `test_the_codes_of_the_chassis_are_in_it` looks for them."""


def rows_of(document: Path) -> list[list[str]]:
    """The cells of all table rows of a page, without headings and rules."""
    lines = (line.strip() for line in document.read_text(encoding="utf-8").splitlines())
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line[1:-1])] for line in lines
        if line.startswith("|") and not set(line) <= set("|-: ")
    ]


def table_of(document: Path, first: str) -> list[list[str]]:
    """The rows of all tables of a page whose first heading is `first`."""
    rows = rows_of(document)
    headings = [row for row in rows if row[0] == first]
    assert headings, f"{document.name} has no table that begins with {first}"
    width = len(headings[0])
    body = [row for row in rows if row not in headings]
    assert not [row for row in body if len(row) != width], f"{document.name}: rows of another width"
    return body


def missing_tests(root: Path, named: str) -> Iterator[str]:
    """The tests named in a cell, as `path::name`, that do not exist."""
    for path, name in re.findall(r"`([\w./-]+\.py)(?:::(\w+))?`", named):
        file = root / path
        if not file.exists():
            yield path
        elif name and name not in {
            node.name for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }:
            yield f"{path}::{name}"


def missing_paths(root: Path, text: str) -> list[str]:
    """Things in back-quotes that look like a path of this project, or inside a package, and are none."""
    quoted = set(re.findall(r"`([^`\s]+)`", text))
    paths = {one for one in quoted if re.fullmatch(r"\.?[\w.][\w./-]*(?:/[\w.-]*|\.(?:md|py|toml|yml|txt))", one)}
    lasting = (one for one in paths if not one.startswith(".dunlin/"))
    return sorted(
        one for one in lasting if not any(map(has_content, [root / one, *root.glob(f"*/*/{one}")])))


def has_content(path: Path) -> bool:
    """A file, or a folder with a file somewhere in it: an empty one is in no checkout."""
    return path.is_file() or any(below.is_file() for below in path.rglob("*"))


def test_every_rule_names_a_file_and_a_test_that_exist(root: Path) -> None:
    rules = table_of(root / "docs/rules.md", "Rule")
    assert rules
    wrong = []
    for sentence, file, test in rules:
        place = file.strip("`")
        wrong += [] if (root / place).is_file() else [f"{sentence}: no {place}"]
        wrong += [f"{sentence}: no {missing}" for missing in missing_tests(root, test)]
        wrong += [] if "::" in test else [f"{sentence}: names no test"]
        wrong += [] if sentence.endswith(".") else [f"{sentence}: is no sentence"]
    assert not wrong


def test_every_file_of_rules_is_in_the_list_of_rules(root: Path, domain: Mapping[Path, ast.Module]) -> None:
    listed = {file.strip("`") for _, file, _ in table_of(root / "docs/rules.md", "Rule")}
    missing = sorted({str(path) for path in domain} - listed)
    assert not missing


def test_every_topic_of_the_domain_is_in_the_glossary(root: Path, domain: Mapping[Path, ast.Module]) -> None:
    terms = table_of(root / "docs/glossary.md", "Term")
    assert len({row[0] for row in terms}) == len(terms), "a term stands once"
    hollow = [row[0] for row in terms if not (row[1] and row[2].endswith("."))]
    assert not hollow, "a term has its Chinese and a sentence"
    in_code = {word for row in terms for word in re.findall(r"`(\w+)`", row[3])}
    missing = sorted({path.stem for path in domain} - in_code)
    assert not missing


def test_every_word_of_the_glossary_is_used_in_the_code(root: Path, packaged: Mapping[Path, ast.Module]) -> None:
    rows = table_of(root / "docs/glossary.md", "Term")
    code = "".join((root / path).read_text(encoding="utf-8") + str(path) for path in packaged)
    unused = [word for row in rows for word in re.findall(r"`(\w+)`", row[3]) if word not in code]
    assert not unused


def test_every_requirement_has_its_row_and_a_state(root: Path) -> None:
    rows = table_of(root / "docs/requirements.md", "ID")
    wanted = [f"{service}-{number:02d}" for service, last in SERVICES.items() for number in range(1, last + 1)]
    assert len(wanted) == 221
    assert [row[0] for row in rows] == wanted
    wrong = []
    for number, _, _, state, where, test in rows:
        wrong += [] if state in STATES else [f"{number}: no state {state}"]
        wrong += [f"{number}: no {missing}" for missing in missing_tests(root, test)]
        proven = where not in {"", "-"} and "::" in test
        wrong += [] if (state == "not yet") != proven else [f"{number}: {state}, and where or test say otherwise"]
    assert not wrong


def test_every_refusal_has_its_line_and_no_other(root: Path, packaged: Mapping[Path, ast.Module]) -> None:
    rows = table_of(root / "docs/errors.md", "Code")
    codes = [row[0].strip("`") for row in rows]
    assert not sorted({code for code in codes if codes.count(code) > 1}), "a code has one row"
    documented = {(row[0].strip("`"), status) for row in rows for status in row[1].split(", ")}
    raised = {*codes_raised(packaged), *CHASSIS}
    missing, left_over = sorted(raised - documented), sorted(documented - raised)
    assert not missing, "raised, and not in docs/errors.md"
    assert not left_over, "in docs/errors.md, and never raised"


def test_what_stands_under_http_itself_is_raised_by_what_every_service_has(
    root: Path, packaged: Mapping[Path, ast.Module],
) -> None:
    page = (root / "docs/errors.md").read_text(encoding="utf-8")
    codes = re.findall(r"^\| `(\w+)`", page.partition("\n## Of HTTP itself")[2].partition("\n## ")[0], re.MULTILINE)
    shared = {path: tree for path, tree in packaged.items() if path.parts[0] == "libs"}
    raised = {code for code, _ in {*codes_raised(shared), *CHASSIS}}
    assert codes
    assert not sorted(set(codes) - raised), "a rule of a service: it belongs to the table of rules"


def test_the_codes_of_the_chassis_are_in_it(root: Path) -> None:
    chassis = "".join(path.read_text(encoding="utf-8") for path in (root / "libs/kit/src/dunlin_kit").glob("*.py"))
    assert not [code for code, _ in CHASSIS if f'"{code}"' not in chassis]


def codes_raised(packaged: Mapping[Path, ast.Module]) -> Iterator[tuple[str, str]]:
    """Every (code, status) that the code can answer with; a code that is not written out is an error."""
    statuses = statuses_of_kinds(packaged)
    classes = [node for tree in packaged.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    spelt_out = {one.name for one in classes if one.name in statuses and list(codes_of_class(one))}
    for path, tree in packaged.items():
        for node in ast.walk(tree) if path.parts[0] in {"libs", "services"} else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                name = node.func.id
                if name in statuses and name not in spelt_out:
                    yield from ((code, statuses[name]) for code in texts(node.args[0], path))
                elif name == "Refusal":
                    yield from ((code, str(number(node.args[0]))) for code in texts(node.args[1], path))
                elif name == "problem" and isinstance(node.args[1], ast.Constant):
                    yield from ((code, str(node.args[1].value)) for code in texts(node.args[2], path))
            elif isinstance(node, ast.ClassDef) and node.name in statuses:
                yield from ((code, statuses[node.name]) for code in codes_of_class(node))
            yield from conflicts_of(node)


def codes_of_class(node: ast.ClassDef) -> Iterator[str]:
    """The code that a refusal of its own class gives to `super().__init__`."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "super().__init__":
            yield from (str(code.value) for code in call.args[:1] if isinstance(code, ast.Constant))


def conflicts_of(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Codes by the name of a unique constraint: `CONFLICTS = {...}`."""
    if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Dict):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(target, ast.Name) and target.id.endswith("CONFLICTS") for target in targets):
            yield from ((str(one.value), "409") for one in node.value.values if isinstance(one, ast.Constant))


def statuses_of_kinds(packaged: Mapping[Path, ast.Module]) -> dict[str, str]:
    """The HTTP status of each kind of refusal, also of those that services derive; `-` for what never meets HTTP."""
    statuses = {"NotFound": "404", "Conflict": "409", "Forbidden": "403", "RuleBroken": "422", "NotReady": "409",
                "DomainError": "-"}
    classes = [node for tree in packaged.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    for _ in range(3):
        for one in classes:
            bases = [base.id for base in one.bases if isinstance(base, ast.Name) and base.id in statuses]
            if bases:
                statuses.setdefault(one.name, statuses[bases[0]])
    return statuses


def number(node: ast.expr) -> int:
    assert isinstance(node, ast.Constant)
    assert isinstance(node.value, int)
    return node.value


def texts(node: ast.expr, path: Path) -> Iterator[str]:
    """The codes an expression can be: a text, or a choice between texts."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body, path)
        yield from texts(node.orelse, path)
    else:
        assert path.parts[:2] == ("libs", "kit"), f"{path}:{node.lineno}: write the code out, so that it can be found"


def test_the_readme_names_every_top_folder_and_only_what_exists(root: Path, files: list[Path]) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    folders = {path.parts[0] for path in files if len(path.parts) > 1}
    unmapped = sorted(folder for folder in folders if f"`{folder}/" not in text)
    assert not unmapped
    assert not missing_paths(root, text)


@pytest.mark.parametrize("page", [
    "CONTRIBUTING.md", "docs/architecture.md", "docs/operations.md", "docs/performance.md", "docs/rules.md",
    "docs/subscribing.md"])
def test_the_pages_name_only_paths_that_exist(page: str, root: Path) -> None:
    missing = missing_paths(root, (root / page).read_text(encoding="utf-8"))
    assert not missing


def test_the_page_for_subscribers_names_the_port_on_which_dunlin_listens(root: Path) -> None:
    named = re.findall(r"http://localhost:(\d+)/", (root / "docs/subscribing.md").read_text(encoding="utf-8"))
    assert named == [str(parser().parse_args(["up"]).port)]


def test_links_between_the_documents_lead_somewhere(root: Path, files: list[Path]) -> None:
    links = [
        (path, target) for path in files if path.suffix == ".md"
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", (root / path).read_text(encoding="utf-8"))
    ]
    broken = [link for link in links if "://" not in link[1] and not (root / link[0].parent / link[1]).exists()]
    assert not broken


def test_the_changelog_has_a_place_for_what_comes_next(root: Path) -> None:
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## Unreleased$\s+(?:###? .+\s+)?- \S", text, re.M)


def test_decisions_are_numbered_without_a_gap_and_complete(root: Path) -> None:
    records = sorted((root / "docs/adr").glob("[0-9]*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    parts = ("## Context", "## Decision", "## Consequences", "## Alternatives")
    assert not [record.name for record in records if any(part not in record.read_text() for part in parts)]
