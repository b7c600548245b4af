"""The composition root of the API: its routes, its invariants, and the codes of its unique constraints."""

from fastapi import FastAPI

from dunlin_kernel.clock import Clock
from dunlin_kit.app import Api, create_api
from dunlin_kit.migrating import head_of
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
    messages,
    notices,
    promises,
    simulations,
    templates,
    troubles,
    worklist,
)
from notify_svc.store.integrity import CHECKS

CONFLICTS = {
    "pk_ladder_policy": "etag_mismatch", "pk_ladder_selection": "etag_mismatch", "pk_contact_policy": "etag_mismatch",
    "pk_collection_policy": "etag_mismatch", "uq_collection_case_open_once": "case_open_already",
    "pk_letter_template": "etag_mismatch",
    "uq_message_item_leaves_once": "left_already"}
BOTH = (calls, cases, collection_policy, contact_policy, ladder, ladders, letters, messages, promises, templates)
ROUTERS = (*(one for routes in BOTH for one in (routes.router, routes.writes)), deliveries.writes,
           simulations.writes, kpis.router, notices.router, troubles.router,
           worklist.router)


def create_app(settings: ServiceSettings, *, clock: Clock | None = None) -> FastAPI:
    """The API on the chassis; commits call `app.state.published`."""
    api = Api(
        service="notify", title="Dunlin reminders", routers=ROUTERS, checks=CHECKS, conflicts=CONFLICTS,
        revision=head_of("notify_svc"))
    return create_api(api, settings, clock=clock)
