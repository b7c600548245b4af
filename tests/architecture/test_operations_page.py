"""The page of operations names every metric and every setting that there is."""

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from dunlin_local.databases import SERVICES
from dunlin_local.ledger_mapping import LedgerMapping

KINDS = {"Counter", "Gauge", "Histogram", "Summary"}


def test_every_metric_is_on_the_page_of_operations_and_no_other(
    root: Path, packaged: Mapping[Path, ast.Module]
) -> None:
    said = set(re.findall(r"^\| `(dunlin_\w+)`", (root / "docs/operations.md").read_text(encoding="utf-8"), re.M))
    made = set()
    for call in (node for tree in packaged.values() for node in ast.walk(tree) if isinstance(node, ast.Call)):
        kind = ast.unparse(call.func).rpartition(".")[2]
        if kind in KINDS and call.args and isinstance(call.args[0], ast.Constant):
            name = str(call.args[0].value)
            made.add(name.removesuffix("_total") + "_total" if kind == "Counter" else name)
    missing, left_over = sorted(made - said), sorted(said - made)
    assert not missing
    assert not left_over


def test_every_setting_is_on_the_page_of_operations(root: Path, packaged: Mapping[Path, ast.Module]) -> None:
    said = set(re.findall(r"`(DUNLIN_\w+)`", (root / "docs/operations.md").read_text(encoding="utf-8")))
    settings = [
        node for tree in packaged.values() for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any("Settings" in ast.unparse(base) for base in node.bases)
    ]
    fields = {
        f"DUNLIN_{field.target.id.upper()}" for one in settings for field in one.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    }
    missing = sorted(fields - said)
    assert not missing


def test_the_mapping_that_is_shown_can_be_used(root: Path) -> None:
    shown = re.findall(r"```toml\n(.*?)```", (root / "docs/operations.md").read_text(encoding="utf-8"), re.S)
    assert len(shown) == 1
    mapping = LedgerMapping.of(tomllib.loads(shown[0]))
    assert {"customer", "document", "posted", "cleared"} <= mapping.columns


def test_every_copy_that_can_be_built_again_is_on_the_page_of_operations(root: Path) -> None:
    page = (root / "docs/operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)_svc` \| (.+) \|$", page, re.M)
    said = {service: re.findall(r"`(\w+)`", copies) for service, copies in rows}
    made = {service: [one.name for one in import_module(f"{service}_svc.consumers.projections").PROJECTIONS]
            for service in SERVICES}
    assert {service: sorted(names) for service, names in said.items()} == {
        service: sorted(names) for service, names in made.items()}


def test_nothing_stands_twice_on_the_page_of_operations(root: Path) -> None:
    page = (root / "docs/operations.md").read_text(encoding="utf-8")
    rows = Counter(name for row in re.findall(r"^\| (`DUNLIN_[^|]*)\|", page, re.M) for name in row.split(", "))
    sections = [section for section in page.split("\n## ") if "docker compose up" in section]
    assert [name for name, times in rows.items() if times > 1] == []
    assert len(sections) == 1, "one section says how the containers come up"
    assert re.findall(r"\b\d+ s[,;]|\bGB of memory", page) == [], "figures stand in performance.md"
