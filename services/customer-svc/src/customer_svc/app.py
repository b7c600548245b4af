"""The API of customer-svc: its routes, its invariants, and the codes of its unique constraints."""

from fastapi import FastAPI

from customer_svc.api import (
    addresses,
    classification,
    contacts,
    customer_lists,
    customers,
    exports,
    groups,
    imports,
    interactions,
    overview,
    staff,
    tenants,
    trade,
    unknown_tenants,
)
from customer_svc.store.integrity import CHECKS
from dunlin_kernel.clock import Clock
from dunlin_kit.app import Api, create_api
from dunlin_kit.migrating import head_of
from dunlin_kit.settings import ServiceSettings

CONFLICTS = {
    "pk_customer": "id_taken",
    "pk_contact": "id_taken",
    "pk_address": "id_taken",
    "pk_customer_group": "id_taken",
    "pk_staff": "id_taken",
    "pk_interaction": "id_taken",
    "uq_customer_group_tenant_id_number": "group_number_taken",
    "uq_staff_tenant_id_code": "staff_code_taken",
    "pk_tenant": "tenant_exists",
    "uq_customer_tenant_id_number": "number_taken",
    "uq_customer_tenant_id_external_id": "external_id_taken",
}
ROUTERS = (tenants.writes, tenants.router, customers.writes, imports.writes, customer_lists.router, contacts.writes,
           contacts.router, contacts.one_writes, contacts.one_router, contacts.all_router, groups.writes, groups.router,
           staff.writes, staff.router, addresses.writes, addresses.router, addresses.one_writes,
           addresses.one_router, overview.router, classification.writes, classification.router,
           interactions.writes, interactions.router, exports.router, trade.router)


def create_app(settings: ServiceSettings, *, clock: Clock | None = None) -> FastAPI:
    """The API on the chassis; commits call `app.state.published`. A tenant that it does not know is none."""
    api = Api(
        service="customer", title="Dunlin customer archive", routers=ROUTERS, checks=CHECKS, conflicts=CONFLICTS,
        revision=head_of("customer_svc"))
    return unknown_tenants.refused_for_good(create_api(api, settings, clock=clock))
