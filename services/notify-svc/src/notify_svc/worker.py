"""The composition root of the worker: relay, the three owners it hears, its jobs, its looks and its sender."""

from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit, urlunsplit

import httpx

from dunlin_events.topics import Bus
from dunlin_kernel.clock import Clock, SystemClock
from dunlin_kit.outbound import Outbound
from dunlin_kit.process import Worker
from dunlin_kit.settings import ServiceSettings
from notify_svc.consumers.billing import billing
from notify_svc.consumers.credit import credit
from notify_svc.consumers.customer import customer
from notify_svc.domain.ladder import LevelChannel
from notify_svc.gateways.billing_looks import look_at_accounts, statement_document
from notify_svc.gateways.by_channel import ByChannel
from notify_svc.gateways.customer_looks import look_at_customer, look_at_customers, look_at_owner, look_at_staff
from notify_svc.gateways.http_gateway import HttpGateway
from notify_svc.gateways.recorder import Recorder
from notify_svc.gateways.sender import Sender
from notify_svc.gateways.smtp import SmtpSender
from notify_svc.jobs import (
    carry_over_case,
    carry_over_promises,
    judge_promises,
    plan_customer,
    plan_items,
    remind_customers,
    review_cases,
    run_ladder,
    switch_on_items,
)
from notify_svc.jobs.send_notices import SendNotices
from notify_svc.settings import RECORDER, Settings
from notify_svc.store.integrity import CHECKS

LOOK_SECONDS = 3
JOBS_AT_ONCE = 4


def create_worker(settings: ServiceSettings, *, clock: Clock | None = None, bus: Bus | None = None) -> Worker:
    """Relay, consumers and jobs of notify-svc."""
    assert isinstance(settings, Settings)
    client, machine = httpx.AsyncClient(timeout=LOOK_SECONDS), clock or SystemClock()
    remind, notices = reminding(settings, client, machine), noticing(settings, client, machine)
    worker = Worker("notify", settings, subscriptions=(customer, billing, credit), clock=clock, bus=bus, jobs={
        run_ladder.KIND: run_ladder.run, remind_customers.KIND: remind.run, plan_items.KIND: plan_items.run,
        switch_on_items.KIND: switch_on_items.run, judge_promises.KIND: judge_promises.run,
        plan_customer.KIND: plan_customer.run, review_cases.KIND: review_cases.run,
        carry_over_case.KIND: carry_over_case.run, carry_over_promises.KIND: carry_over_promises.run,
        **notices.handlers()})
    worker.runner.at_once = JOBS_AT_ONCE
    return worker.watching(CHECKS)


def reminding(settings: Settings, client: httpx.AsyncClient, clock: Clock) -> remind_customers.RemindCustomers:
    """The job that reminds, with looks through this client under this service's own token."""
    token = settings.token(client, clock)
    return remind_customers.RemindCustomers(
        partial(look_at_accounts, Outbound(client, settings.billing_url, token)),
        partial(look_at_customers, Outbound(client, settings.customer_url, token)),
        *_sending(settings, client, clock))


def _sending(
    settings: Settings, client: httpx.AsyncClient, clock: Clock,
) -> tuple[Sender, Clock, timedelta, frozenset[LevelChannel]]:
    """How reminders leave: the sender, the clock that it goes by, how old a look may be, and on which channels."""
    by_mail, by_paper = sender_of(settings, clock), frozenset({LevelChannel.LETTER})
    gateway = settings.sms_url.get_secret_value() if settings.sms_url else None
    if gateway is None:
        return by_mail, clock, remind_customers.FRESH_FOR, by_paper
    if gateway == RECORDER and isinstance(by_mail, Recorder):
        return by_mail, clock, remind_customers.FRESH_FOR, by_paper | {LevelChannel.SMS}
    url, token = _parted(gateway)
    sms: Sender = Recorder() if gateway == RECORDER else HttpGateway(client, url, token)
    both = ByChannel({LevelChannel.EMAIL: by_mail, LevelChannel.SMS: sms})
    return both, clock, remind_customers.FRESH_FOR, by_paper | {LevelChannel.SMS}


def _parted(gateway: str) -> tuple[str, str | None]:
    """The URL without its token, and the token."""
    parts = urlsplit(gateway)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])), parts.username


def noticing(settings: Settings, client: httpx.AsyncClient, clock: Clock) -> SendNotices:
    """The jobs that send notices, with looks at customer-svc for staff and for whom bills go to, and at billing-svc for
    the document of a statement."""
    token = settings.token(client, clock)
    customer_svc, billing_svc = (Outbound(client, url, token) for url in (settings.customer_url, settings.billing_url))
    return SendNotices(
        partial(look_at_owner, customer_svc), partial(look_at_staff, customer_svc),
        partial(look_at_customer, customer_svc, purpose="billing"), partial(statement_document, billing_svc),
        sender_of(settings, clock), clock)


def sender_of(settings: Settings, clock: Clock) -> Sender:
    """SMTP, or a recorder where the settings say that nothing shall leave."""
    server = settings.smtp_server
    return SmtpSender(server, clock) if server is not None else Recorder()
