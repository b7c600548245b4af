"""The worker of billing-svc: relay, consumers, jobs."""

from billing_svc.consumers.customer import customer
from billing_svc.jobs.turn_day import turn_day
from billing_svc.usecases.plan_day_turn import TURN_DAY
from dunlin_events.topics import Bus
from dunlin_kernel.clock import Clock
from dunlin_kit.process import Worker
from dunlin_kit.settings import ServiceSettings


def create_worker(settings: ServiceSettings, *, clock: Clock | None = None, bus: Bus | None = None) -> Worker:
    """Relay, consumers and jobs of billing-svc."""
    return Worker("billing", settings, subscriptions=[customer], jobs={TURN_DAY: turn_day}, clock=clock, bus=bus)
