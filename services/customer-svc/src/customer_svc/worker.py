"""The composition root of the worker: relay, the three owners it hears, its jobs; tenants' clocks are its own rows."""

from customer_svc.consumers.billing import billing
from customer_svc.consumers.credit import credit
from customer_svc.consumers.notify import notify
from customer_svc.jobs.import_customers import import_customers
from customer_svc.jobs.refresh_classes import refresh_classes
from customer_svc.jobs.tell_staff import tell_staff
from customer_svc.store.integrity import CHECKS
from customer_svc.usecases.import_customers import IMPORT_CUSTOMERS
from customer_svc.usecases.plan_class_refresh import REFRESH_CLASSES
from customer_svc.usecases.tell_staff import TELL_STAFF
from dunlin_events.topics import Bus
from dunlin_kernel.clock import Clock
from dunlin_kit.process import Worker
from dunlin_kit.settings import ServiceSettings

JOBS = {REFRESH_CLASSES: refresh_classes, IMPORT_CUSTOMERS: import_customers, TELL_STAFF: tell_staff}


def create_worker(settings: ServiceSettings, *, clock: Clock | None = None, bus: Bus | None = None) -> Worker:
    """Relay, consumers and jobs of customer-svc."""
    return Worker(
        "customer", settings, subscriptions=(billing, credit, notify), jobs=JOBS, clock=clock, bus=bus).watching(CHECKS)
