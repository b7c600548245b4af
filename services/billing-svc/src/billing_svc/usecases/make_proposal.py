"""Propose a refund, a credit note or a waiver of a fee: it must be possible now, and nothing of it is done before
another approves it."""

from dataclasses import replace

from billing_svc.domain.credit_note import IssueCreditNote, credited_lines
from billing_svc.domain.fee_waiver import WaiveFee
from billing_svc.domain.proposal import Proposal, ProposalState, Wish
from billing_svc.domain.refund import PayRefund, refund_of
from billing_svc.store import audit, credit_notes, customer_credits, invoices, proposals
from billing_svc.usecases.held_fee import hold_fee
from billing_svc.usecases.posting import Posting, open_posting
from dunlin_kernel.money import sum_money
from dunlin_kit.transaction import Transaction


async def make_proposal(tx: Transaction, wish: Wish) -> Proposal:
    """Refuses: credit_not_found, invoice_not_found, item_not_found, and what `refund_of`, `credited_lines` and
    `waivable_fee` refuse."""
    posting, proposal = await _proposed(tx, wish)
    proposals.add(tx, proposal, recorded_at=posting.tenant.now)
    audit.add(tx, f"{proposal.kind.value}_proposed", proposal.id, customer_id=proposal.customer_id,
              recorded_at=posting.tenant.now, after={"amount": str(proposal.amount)})
    return proposal


async def _proposed(tx: Transaction, wish: Wish) -> tuple[Posting, Proposal]:
    if isinstance(wish, PayRefund):
        return await _refund(tx, wish)
    return await (_fee_waiver(tx, wish) if isinstance(wish, WaiveFee) else _credit_note(tx, wish))


async def _refund(tx: Transaction, wish: PayRefund) -> tuple[Posting, Proposal]:
    named = (await customer_credits.named(tx, [wish.credit_id]))[wish.credit_id]
    posting = await open_posting(tx, [(named.customer_id, named.amount.currency)])
    credit = (await customer_credits.named(tx, [wish.credit_id]))[wish.credit_id]
    await posting.remember_steps([credit.id])
    refund = refund_of(wish, credit, posting.steps_of(credit.id) or [], posting.books)
    return posting, Proposal(wish.id, credit.customer_id, refund.amount, replace(wish, amount=refund.amount),
                             ProposalState.PROPOSED, tx.actor)


async def _credit_note(tx: Transaction, wish: IssueCreditNote) -> tuple[Posting, Proposal]:
    invoice = (await invoices.by_id(tx, [wish.invoice_id]))[wish.invoice_id]
    posting = await open_posting(tx, [invoice.account])
    lines = credited_lines(wish, invoice, await credit_notes.credited_of(tx, invoice.id))
    amount = sum_money(invoice.wish.currency, (line.net + line.tax for line in lines))
    return posting, Proposal(wish.id, invoice.wish.customer_id, amount, wish, ProposalState.PROPOSED, tx.actor)


async def _fee_waiver(tx: Transaction, wish: WaiveFee) -> tuple[Posting, Proposal]:
    held = await hold_fee(tx, wish)
    return held.posting, Proposal(wish.id, held.item.customer_id, held.amount, replace(wish, amount=held.amount),
                                  ProposalState.PROPOSED, tx.actor)
