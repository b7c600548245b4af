"""What billing-svc can build again from what other services told."""

from billing_svc.consumers.credit import credit
from billing_svc.consumers.customer import customer
from billing_svc.consumers.notify import notify
from billing_svc.store.asked_approvals import AskedApprovalRow, AskedGroupLimitRow
from billing_svc.store.customer_dimensions import CustomerDimensionRow
from billing_svc.store.document_tables import CustomerRow
from billing_svc.store.heard_promises import HeardPromiseRow
from billing_svc.store.library_tables import TenantRow
from billing_svc.store.staff_tables import StaffRow
from dunlin_events.projection import Copied, Projection

PROJECTIONS = (
    Projection("customers", customer, (Copied(CustomerRow, known="known"), Copied(CustomerDimensionRow),
        Copied(TenantRow, customer=None), Copied(StaffRow, customer=None))),
    Projection("approvals", credit, (Copied(AskedApprovalRow), Copied(AskedGroupLimitRow, customer=None))),
    Projection("promises", notify, (Copied(HeardPromiseRow),)),
)
