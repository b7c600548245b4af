"""The composition root of the worker: relay, and the three owners it hears. Its tenants' clocks are its own rows."""

from customer_svc.consumers.billing import billing
from customer_svc.consumers.credit import credit
from customer_svc.consumers.notify import notify
from dunlin_events.topics import Bus
from dunlin_kernel.clock import Clock
from dunlin_kit.process import Worker
from dunlin_kit.settings import ServiceSettings


def create_worker(settings: ServiceSettings, *, clock: Clock | None = None, bus: Bus | None = None) -> Worker:
    """Relay, consumers and jobs of customer-svc."""
    return Worker("customer", settings, subscriptions=(billing, credit, notify), jobs={}, clock=clock, bus=bus)
