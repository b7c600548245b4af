"""The API of billing-svc, put together."""

from fastapi import FastAPI

from billing_svc.api import (
    accounts,
    ageing,
    ageing_breakdown,
    ageing_policy,
    allocations,
    approvals,
    arrangements,
    bills,
    cash_forecast,
    charges,
    compensations,
    credit_exchanges,
    credit_notes,
    deliveries,
    deposit_requests,
    differences,
    discount_policy,
    disputes,
    documents,
    exchange_rates,
    fee_policy,
    fee_waivers,
    interest,
    interest_waivers,
    invoice_lists,
    invoices,
    item_lists,
    kpis,
    ledger_imports,
    lock_exceptions,
    owing,
    payments,
    pending_payments,
    period_locks,
    product_analysis,
    proposals,
    receipts,
    refunds,
    roll_forward,
    run_cancels,
    statements,
    write_offs,
)
from billing_svc.store.integrity import CHECKS
from dunlin_kernel.clock import Clock
from dunlin_kit.app import Api, create_api
from dunlin_kit.migrating import head_of
from dunlin_kit.settings import ServiceSettings

CONFLICTS = {
    "pk_invoice": "invoice_exists",
    "uq_invoice_tenant_id_external_id": "invoice_exists",
    "pk_credit": "payment_exists",
    "pk_bill": "bill_exists",
    "pk_delivery": "delivery_exists",
    "pk_compensation": "compensation_exists",
    "pk_deposit_request": "deposit_request_exists",
    "pk_dispute": "dispute_exists",
    "pk_reference_rate": "reference_rate_exists",
    "pk_write_off": "write_off_exists",
    "pk_arrangement": "arrangement_exists",
    "pk_arrangement_part": "arrangement_exists",
    "uq_credit_tenant_id_external_id": "payment_exists",
    "pk_statement": "statement_exists",
    "pk_credit_exchange": "exchange_exists",
    "pk_statement_answer": "statement_answered",
    "uq_statement_answer_tenant_id_statement_id": "statement_answered",
    "pk_refund": "refund_exists",
    "pk_proposal": "proposal_exists",
    "pk_fee_waiver": "waiver_exists",
    "pk_difference": "difference_exists",
    "uq_refund_tenant_id_external_id": "refund_exists",
}
ROUTERS = (
    invoices.writes, deliveries.writes, deliveries.router,
    deposit_requests.writes, deposit_requests.router, compensations.writes, compensations.router,
    bills.writes, bills.router,
    charges.writes, disputes.writes, disputes.router,
    arrangements.writes, arrangements.router, interest.writes, interest.router,
    fee_policy.writes, fee_policy.router, fee_waivers.writes, fee_waivers.router,
    interest_waivers.writes, interest_waivers.router, run_cancels.router,
    write_offs.writes, write_offs.router, invoice_lists.router, item_lists.router,
    payments.writes, payments.router, allocations.writes,
    pending_payments.writes, approvals.writes, approvals.router, accounts.router, ageing.router,
    ageing_breakdown.router, ageing_policy.writes, ageing_policy.router,
    period_locks.writes, period_locks.router, lock_exceptions.writes, lock_exceptions.router,
    ledger_imports.writes, ledger_imports.router,
    exchange_rates.writes, exchange_rates.router, credit_notes.writes, credit_notes.router,
    discount_policy.writes, discount_policy.router, differences.writes, differences.router,
    receipts.router, refunds.writes, refunds.router, proposals.writes,
    owing.router, kpis.router, product_analysis.router, cash_forecast.router, roll_forward.router,
    statements.writes, statements.router, documents.router,
    credit_exchanges.writes)


def create_app(settings: ServiceSettings, *, clock: Clock | None = None) -> FastAPI:
    """Every route, with the problem codes of repeated keys."""
    api = Api("billing", "Dunlin billing", ROUTERS, CHECKS, CONFLICTS, head_of("billing_svc"))
    return create_api(api, settings, clock=clock)
