"""The worker: it relays facts. The archive hears nobody yet, and its tenants' clocks are its own rows."""

from dunlin_events.topics import Bus
from dunlin_kernel.clock import Clock
from dunlin_kit.process import Worker
from dunlin_kit.settings import ServiceSettings


def create_worker(settings: ServiceSettings, *, clock: Clock | None = None, bus: Bus | None = None) -> Worker:
    """Relay, consumers and jobs of customer-svc."""
    return Worker("customer", settings, subscriptions=(), jobs={}, clock=clock, bus=bus)
