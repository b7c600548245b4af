"""What of the archive may be told: organizations by name, natural persons only by id, number and terms."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TypeVar

from customer_svc.domain.classification import ClassChange, HeldClass
from customer_svc.domain.contact import ConsentDecision, Contact, purposes_of
from customer_svc.domain.customer import Customer, CustomerKind
from customer_svc.domain.group import CustomerGroup
from customer_svc.domain.interaction import Interaction
from customer_svc.domain.staff import Absence, Staff
from customer_svc.domain.tenant import Tenant
from customer_svc.domain.terms import TermsOfTrade
from dunlin_events.contracts import customer as contracts
from dunlin_events.contracts import customer_relationship as relationship
from dunlin_events.contracts.customer_groups import CustomersMerged, GroupConfigured
from dunlin_events.contracts.customer_relationship import ConsentChanged, CustomerClassified, VisitRecorded
from dunlin_events.contracts.customer_staff import StaffAway, StaffConfigured
from dunlin_kernel.clock import date_in
from dunlin_kernel.ids import CustomerId

P = TypeVar("P", bound=contracts.CustomerProfile)


def profile(fact: type[P], customer: Customer) -> P:
    """A fact about the entry as it stands now. A natural person's name and tax id stay at home."""
    held = customer.particulars
    told = held.kind is CustomerKind.ORGANIZATION
    return fact(
        customer_id=customer.id, number=customer.number, kind=contracts.CustomerKind(held.kind.value),
        status=contracts.CustomerStatus(customer.status.value), name=held.name if told else None,
        tax_id=held.tax_id if told else None, region=held.region, industry=held.industry, external_id=held.external_id,
        terms=terms(held.terms), source=held.source)


def terms(held: TermsOfTrade) -> contracts.TermsOfTrade:
    early = held.discount
    discount = contracts.DiscountTerms(
        discount_bps=early.discount_bps, within_days=early.within_days) if early else None
    return contracts.TermsOfTrade(
        due_days=held.due_days, end_of_month=held.end_of_month,
        instalments=[contracts.InstalmentTerms(
            share_bps=one.share_bps, due_days=one.due_days, end_of_month=one.end_of_month) for one in held.instalments],
        discount=discount, prepayment_bps=held.prepayment_bps, cash_on_delivery=held.cash_on_delivery)


def contacts_changed(customer_id: CustomerId, contacts: Sequence[Contact]) -> contracts.CustomerContactsChanged:
    return contracts.CustomerContactsChanged(
        customer_id=customer_id, contacts=len(contacts), purposes=purposes_of(contacts))


def consent_changed(contact: Contact, decision: ConsentDecision) -> ConsentChanged:
    return ConsentChanged(
        customer_id=contact.customer_id, contact_id=contact.id, channel=decision.channel.value, given=decision.given,
        purpose=decision.purpose.value if decision.purpose else None)


def customers_merged(source: Customer, into: Customer) -> tuple[CustomersMerged, CustomersMerged]:
    """One fact in each of the two streams."""
    told = CustomersMerged(customer_id=source.id, source_id=source.id, source_number=source.number, into_id=into.id,
                           into_number=into.number)
    return told, told.model_copy(update={"customer_id": into.id})


def classified(change: ClassChange, after: HeldClass) -> CustomerClassified:
    return CustomerClassified(
        customer_id=change.customer_id, dimension=relationship.Dimension(change.dimension.value), value=after.value,
        previous=change.before.value if change.before else None, rule_version=after.rule_version,
        effective_on=after.effective_on)


def visited(interaction: Interaction, zone: str) -> VisitRecorded:
    willing = interaction.findings.willingness
    return VisitRecorded(
        customer_id=interaction.customer_id, interaction_id=interaction.id,
        visited_on=date_in(zone, interaction.happened_at), willingness=willing.value if willing else None,
        follow_up_on=interaction.follow_up_on)


def group_configured(group: CustomerGroup) -> GroupConfigured:
    return GroupConfigured(
        group_id=group.id, number=group.number, name=group.name, currency=group.currency, set_off=group.set_off,
        version=group.version)


def staff_configured(staff: Staff, absences: Iterable[Absence], today: date) -> StaffConfigured:
    """With the absences that are not over."""
    away = sorted((one for one in absences if one.until_on >= today), key=lambda one: (one.from_on, one.id))
    return StaffConfigured(
        staff_id=staff.id, code=staff.code, deputy_id=staff.deputy_id, active=staff.active,
        absences=[StaffAway(from_on=one.from_on, until_on=one.until_on) for one in away])


def configured(tenant: Tenant) -> contracts.TenantConfigured:
    return contracts.TenantConfigured(
        name=tenant.name, currency=tenant.currency, zone=tenant.zone, sandbox=tenant.sandbox, clock_at=tenant.clock_at)
