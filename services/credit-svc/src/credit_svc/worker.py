"""The composition root of the worker: relay, the owners it hears, and its jobs."""

from credit_svc.consumers.billing import billing
from credit_svc.consumers.customer import customer
from credit_svc.consumers.notify import notify
from credit_svc.jobs import (
    carry_over_credit,
    expire_authorization,
    expire_limit,
    review_credit,
    turn_credit_day,
    turn_rating_day,
)
from credit_svc.store.integrity import CHECKS
from dunlin_events.topics import Bus
from dunlin_kernel.clock import Clock
from dunlin_kit.process import Worker
from dunlin_kit.settings import ServiceSettings


def create_worker(settings: ServiceSettings, *, clock: Clock | None = None, bus: Bus | None = None) -> Worker:
    return Worker(
        "credit", settings, subscriptions=(customer, billing, notify),
        jobs={expire_authorization.KIND: expire_authorization.run, expire_limit.KIND: expire_limit.run,
              turn_credit_day.KIND: turn_credit_day.run, review_credit.KIND: review_credit.run,
              turn_rating_day.KIND: turn_rating_day.run, carry_over_credit.KIND: carry_over_credit.run},
        clock=clock, bus=bus).watching(CHECKS)
