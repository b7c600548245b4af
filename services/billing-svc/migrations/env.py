"""Brings the schema of billing-svc up, as its owner."""

import billing_svc.store.ageing_policies
import billing_svc.store.arrangement_tables
import billing_svc.store.asked_approvals
import billing_svc.store.audit_tables
import billing_svc.store.bill_tables
import billing_svc.store.charge_tables
import billing_svc.store.compensation_tables
import billing_svc.store.credit_exchange_tables
import billing_svc.store.credit_note_tables
import billing_svc.store.customer_dimensions
import billing_svc.store.delivery_tables
import billing_svc.store.deposit_tables
import billing_svc.store.difference_tables
import billing_svc.store.discounts
import billing_svc.store.dispute_tables
import billing_svc.store.document_tables
import billing_svc.store.exchange_tables
import billing_svc.store.fee_policies
import billing_svc.store.fee_waivers
import billing_svc.store.heard_promises
import billing_svc.store.interest_tables
import billing_svc.store.kept_forecasts
import billing_svc.store.ledger_import_tables
import billing_svc.store.ledger_tables
import billing_svc.store.library_tables
import billing_svc.store.lock_exceptions
import billing_svc.store.payment_tables
import billing_svc.store.proposals
import billing_svc.store.refund_tables
import billing_svc.store.staff_tables
import billing_svc.store.statement_tables
import billing_svc.store.transfer_tables
import billing_svc.store.write_off_tables  # noqa: F401
from billing_svc.store.rows import Row
from dunlin_kit.migrating import run_migrations

run_migrations(Row.metadata)
