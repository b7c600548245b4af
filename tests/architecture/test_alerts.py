"""Each alert rests on metrics that exist and says on the page of operations what to do; what runs is scraped."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

KINDS = {"Counter", "Gauge", "Histogram", "Summary"}
OF_HISTOGRAMS = ("_bucket", "_count", "_sum")
NEEDED = {
    "dunlin_outbox_oldest_unsent_seconds", "dunlin_outbox_unsent_events", "dunlin_consumer_lag_records",
    "dunlin_consumer_held_streams", "dunlin_handler_seconds",
}
"""What an operator of facts looks at: age, lag of relay and consumers, parked streams and holes, handlers."""


@pytest.fixture(scope="module")
def alerts(root: Path) -> list[dict[str, Any]]:
    groups = yaml.safe_load((root / "deploy/observability/alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def series_of(packaged: Mapping[Path, ast.Module]) -> Iterator[tuple[str, set[str]]]:
    """Every series that the code makes, and its labels."""
    for call in (node for tree in packaged.values() for node in ast.walk(tree) if isinstance(node, ast.Call)):
        kind = ast.unparse(call.func).rpartition(".")[2]
        if kind in KINDS and call.args and isinstance(call.args[0], ast.Constant):
            name = str(call.args[0].value)
            labels = set(ast.literal_eval(call.args[2])) if len(call.args) > 2 else set()
            if kind == "Counter":
                yield name.removesuffix("_total") + "_total", labels
            elif kind == "Histogram":
                yield from ((f"{name}{ending}", labels | {"le"}) for ending in OF_HISTOGRAMS)
            else:
                yield name, labels


def named_in(rule: Mapping[str, Any]) -> set[str]:
    return set(re.findall(r"\bdunlin_\w+", rule["expr"]))


def test_every_metric_of_an_alert_exists_with_the_labels_it_is_asked_by(
    alerts: list[dict[str, Any]], packaged: Mapping[Path, ast.Module]
) -> None:
    made = dict(series_of(packaged))
    for rule in alerts:
        names = named_in(rule)
        assert names <= made.keys(), f"{rule['alert']}: {names - made.keys()}"
        assert names or "up{" in rule["expr"], rule["alert"]
        asked = {label.strip() for by in re.findall(r"by \(([^)]*)\)", rule["expr"]) for label in by.split(",")}
        asked |= set(re.findall(r"[{,]\s*(\w+)=", rule["expr"].replace("up{job=", "")))
        shown = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])) - {"instance"}
        for name in names:
            assert asked | shown <= made[name], f"{rule['alert']}: {name} has no {(asked | shown) - made[name]}"
        assert shown <= asked or not names, f"{rule['alert']} shows {shown - asked}, which it sums away"


def test_what_an_operator_needs_has_its_alert(alerts: list[dict[str, Any]]) -> None:
    watched = {name.removesuffix("_bucket") for rule in alerts for name in named_in(rule)}
    assert watched >= NEEDED


def test_every_alert_is_shown_to_rise(root: Path, alerts: list[dict[str, Any]]) -> None:
    """By promtool: `.ci/alerts`."""
    tests = yaml.safe_load((root / "deploy/observability/alerts_test.yml").read_text())["tests"]
    risen = {one["alertname"] for test in tests for one in test["alert_rule_test"] if one["exp_alerts"]}
    assert risen == {rule["alert"] for rule in alerts}


def test_every_alert_is_on_the_page_of_operations_with_what_to_do(root: Path, alerts: list[dict[str, Any]]) -> None:
    page = (root / "docs/operations.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(Dunlin\w+)` \| .+ \| (.+) \|$", page, re.M))
    names = [rule["alert"] for rule in alerts]
    assert len(set(names)) == len(names)
    assert rows.keys() == set(names)
    assert all(len(say) > 40 and say.endswith(".") for say in rows.values())
    assert set(re.findall(r"`(Dunlin[A-Z]\w+)`", page)) == set(names)


def test_every_alert_says_how_urgent_it_is_and_what_stands_still(alerts: list[dict[str, Any]]) -> None:
    for rule in alerts:
        assert rule["labels"]["severity"] in {"page", "ticket"}, rule["alert"]
        assert rule["annotations"]["summary"].endswith("."), rule["alert"]


def test_what_is_scraped_is_what_compose_runs(root: Path) -> None:
    compose = yaml.safe_load((root / "docker-compose.yml").read_text())["services"]
    config = yaml.safe_load((root / "deploy/observability/prometheus.yml").read_text())
    scraped = {
        target for job in config["scrape_configs"] for one in job["static_configs"] for target in one["targets"]}
    serving = {
        f"{name}:{one['environment']['DUNLIN_METRICS_PORT']}" for name, one in compose.items()
        if name.endswith(("-api", "-worker"))}
    assert scraped == serving
    assert {job["job_name"] for job in config["scrape_configs"]} == {"dunlin"}
