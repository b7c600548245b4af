"""Ask for a deposit on an order: a number of its own, and nothing in the ledger."""

from billing_svc.domain.deposit_request import SERIES, AskDeposit, DepositRequest, asked
from billing_svc.store import audit, deposits, number_series
from billing_svc.usecases.posting import open_posting
from dunlin_events.contracts.base import Amount
from dunlin_events.contracts.billing_deposits import DepositRequested
from dunlin_kit.transaction import Transaction


async def request_deposit(tx: Transaction, wish: AskDeposit) -> DepositRequest:
    """Refuses: customer_not_known_yet, tenant_not_known_yet, customer_merged, and what `asked` refuses."""
    posting = await open_posting(tx, [(wish.customer_id, wish.amount.currency)])
    tenant = posting.tenant
    series = (await number_series.lock(tx, [SERIES], today=tenant.today))[SERIES]
    number, after = series.take(tenant.today)
    request = asked(wish, number=number, today=tenant.today)
    number_series.move(tx, after)
    deposits.add(tx, request, recorded_at=tenant.now)
    audit.add(tx, "deposit_requested", request.id, customer_id=request.customer_id, recorded_at=tenant.now,
              after={"number": request.number, "amount": str(request.amount)})
    tx.emit(DepositRequested(
        customer_id=request.customer_id, request_id=request.id, number=request.number,
        amount=Amount.of(request.amount), order_reference=request.order_reference,
        authorization_id=request.authorization_id, requested_on=request.requested_on, due_on=request.due_on))
    return request
