"""A counter whose increase calls an operator is shown before it counts: its first value would be no increase."""

import re
from importlib import import_module
from pathlib import Path

from prometheus_client import REGISTRY

from dunlin_events.topics import HEARERS, dead_letters_of, group_of, topic_of
from dunlin_local.databases import SERVICES
from dunlin_local.node_settings import nowhere

ALERTS = Path(__file__).parents[2] / "deploy/observability/alerts.yml"


def shown_by(service: str) -> set[str]:
    """Counters that an api and a worker of the service show, each with all its labels, as soon as they are made."""
    app, worker = (import_module(f"{service}_svc.{part}") for part in ("app", "worker"))
    app.create_app(nowhere(service)).build_middleware_stack()
    made = worker.create_worker(nowhere(service))
    of_jobs = [("dunlin_job_failures_total", {"service": service, "kind": kind}) for kind in made.runner._handlers]
    of_hearing = [
        pair for owner in HEARERS.get(service, ()) for pair in (
            ("dunlin_consumer_failures_total", {"group": service}),
            ("dunlin_dead_letter_failures_total",
             {"topic": dead_letters_of(topic_of(owner), group_of(service, owner))}))]
    checks = import_module(f"{service}_svc.store.integrity").CHECKS
    assert {0} == {REGISTRY.get_sample_value("dunlin_integrity_violations", {"service": service, "check": one.id})
                   for one in checks}, "its worker looks at all of its invariants"
    wanted = [("dunlin_request_failures_total", {"service": service}),
              ("dunlin_jwks_failures_total", {"service": service}),
              ("dunlin_transaction_retries_total", {"service": service, "reason": "deadlock"}),
              ("dunlin_relay_failures_total", {"topic": topic_of(service)}), *of_jobs, *of_hearing]
    missing = [pair for pair in wanted if REGISTRY.get_sample_value(*pair) is None]
    assert not missing
    return {name for name, _ in wanted}


def test_what_is_asked_for_its_increase_is_shown_from_the_start() -> None:
    asked = set(re.findall(r"increase\((dunlin_\w+)(?:\{[^}]*\})?\[", ALERTS.read_text(encoding="utf-8")))
    assert asked
    assert asked == {name for service in SERVICES for name in shown_by(service)}
