"""The API of billing-svc, put together."""

from fastapi import FastAPI

from billing_svc.api import accounts, invoice_lists, invoices, payments
from billing_svc.settings import Settings
from dunlin_kernel.clock import Clock
from dunlin_kit.app import Api, create_api
from dunlin_kit.migrating import head_of

CONFLICTS = {
    "pk_invoice": "invoice_exists",
    "uq_invoice_tenant_id_external_id": "invoice_exists",
    "pk_credit": "payment_exists",
    "uq_credit_tenant_id_external_id": "payment_exists",
}


def create_app(settings: Settings, *, clock: Clock | None = None) -> FastAPI:
    """Every route, with the problem codes of repeated keys."""
    api = Api(
        "billing", "Dunlin billing",
        [invoices.writes, invoice_lists.router, payments.writes, payments.router, accounts.router],
        conflicts=CONFLICTS, revision=head_of("billing_svc"))
    return create_api(api, settings, clock=clock)
