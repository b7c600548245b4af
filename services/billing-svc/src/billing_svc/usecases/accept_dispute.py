"""Accept a dispute: settle it and credit its invoice's lines, at once, or as a proposal where it takes two persons."""

from billing_svc.domain.accepted_dispute import AcceptDispute, credit_wish, invoice_of
from billing_svc.domain.proposal import Proposal, alone
from billing_svc.store import credit_notes, disputes, invoices, items, pending_payments
from billing_svc.usecases.issue_credit_note import IssuedCreditNote, issue_credit_note
from billing_svc.usecases.make_proposal import make_proposal
from dunlin_kernel.errors import Forbidden
from dunlin_kit.transaction import Transaction


async def accept_dispute(tx: Transaction, accept: AcceptDispute) -> IssuedCreditNote | Proposal:
    """What is decided here is judged once more under the account's lock, by the issue or when it is approved.

    Refuses: dispute_not_found, what `invoice_of` and `credit_wish` refuse, and what `issue_credit_note` refuses.
    """
    dispute = (await disputes.by_id(tx, [accept.dispute_id]))[accept.dispute_id]
    invoice_id = invoice_of((await items.by_id(tx, [dispute.item_id]))[dispute.item_id])
    invoice = (await invoices.by_id(tx, [invoice_id]))[invoice_id]
    wish, amount = credit_wish(accept, dispute, invoice, await credit_notes.credited_of(tx, invoice_id))
    try:
        alone(amount, await pending_payments.policy_in_force(tx))
    except Forbidden:
        return await make_proposal(tx, wish)
    return (await issue_credit_note(tx, [wish]))[0]
