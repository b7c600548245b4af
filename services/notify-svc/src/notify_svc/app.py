"""The composition root of the API: its routes, its invariants, and the codes of its unique constraints."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import httpx
from fastapi import FastAPI

from dunlin_kernel.clock import Clock, SystemClock
from dunlin_kit.app import Api, create_api
from dunlin_kit.migrating import head_of
from dunlin_kit.outbound import Outbound
from dunlin_kit.settings import ServiceSettings
from notify_svc.api import (
    calls,
    cases,
    collection_policy,
    contact_policy,
    deliveries,
    kpis,
    ladder,
    ladders,
    letters,
    limitations,
    messages,
    notices,
    promises,
    simulations,
    templates,
    troubles,
    worklist,
)
from notify_svc.gateways.customer_looks import look_at_phones
from notify_svc.settings import Settings
from notify_svc.store.integrity import CHECKS

LOOK_SECONDS = 1
"""A person waits for the answer, and a transaction is open: better without a number than late."""
CONFLICTS = {
    "pk_ladder_policy": "etag_mismatch", "pk_ladder_selection": "etag_mismatch", "pk_contact_policy": "etag_mismatch",
    "pk_collection_policy": "etag_mismatch", "uq_collection_case_open_once": "case_open_already",
    "pk_letter_template": "etag_mismatch",
    "uq_message_item_leaves_once": "left_already"}
BOTH = (calls, cases, collection_policy, contact_policy, ladder, ladders, letters, messages, promises, templates)
ROUTERS = (*(one for routes in BOTH for one in (routes.router, routes.writes)), deliveries.writes,
           simulations.writes, kpis.router, limitations.router, notices.router, troubles.router,
           worklist.router)


def create_app(settings: ServiceSettings, *, clock: Clock | None = None) -> FastAPI:
    """The API on the chassis; commits call `app.state.published`."""
    api = Api(
        service="notify", title="Dunlin reminders", routers=ROUTERS, checks=CHECKS, conflicts=CONFLICTS,
        revision=head_of("notify_svc"))
    app = create_api(api, settings, clock=clock)
    assert isinstance(settings, Settings)
    _phoning(app, settings, clock or SystemClock())
    return app


def _phoning(app: FastAPI, settings: Settings, clock: Clock) -> None:
    """While the API runs, the worklist looks up at customer-svc whom to call."""
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(running: FastAPI) -> AsyncIterator[Any]:
        async with httpx.AsyncClient(timeout=LOOK_SECONDS) as client, inner(running) as state:
            app.state.phones = partial(
                look_at_phones, Outbound(client, settings.customer_url, settings.token(client, clock)))
            yield state

    app.router.lifespan_context = lifespan
