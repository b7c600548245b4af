"""The worker of billing-svc: relay, consumers, jobs."""

from typing import Any

from billing_svc.consumers.customer import customer
from billing_svc.settings import Settings
from dunlin_kit.process import Worker


def create_worker(settings: Settings, **parts: Any) -> Worker:
    """`parts` replaces the clock or the bus."""
    return Worker("billing", settings, subscriptions=[customer], jobs={}, **parts)
