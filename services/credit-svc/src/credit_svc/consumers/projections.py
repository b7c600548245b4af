"""What credit-svc can build again from what other services told."""

from credit_svc.consumers.billing import billing
from credit_svc.consumers.customer import customer
from credit_svc.consumers.healing import holds_judged_anew
from credit_svc.consumers.notify import notify
from credit_svc.store.alert_tables import CustomerOwnerRow
from credit_svc.store.conduct_tables import BilledInvoiceRow, ConductMarkRow, LearntPaymentRow, PaymentRecordRow
from credit_svc.store.group_tables import CustomerGroupRow, ExchangeRateRow
from credit_svc.store.hold_tables import BrokenPromiseRow, OwedItemRow
from credit_svc.store.kept_tables import DepositOrderRow, KeptCreditRow
from credit_svc.store.library_tables import TenantRow
from credit_svc.store.staff_tables import StaffRow
from credit_svc.store.tables import CustomerMergerRow, CustomerRow, DeliveryRow, ExposureRow
from dunlin_events.projection import Copied, Projection

PROJECTIONS = (
    Projection("customers", customer, (
        Copied(CustomerRow), Copied(CustomerMergerRow), Copied(CustomerOwnerRow), Copied(CustomerGroupRow),
        Copied(TenantRow, customer=None), Copied(StaffRow, customer=None))),
    Projection("exposures", billing, (
        Copied(ExposureRow), Copied(DeliveryRow), Copied(DepositOrderRow), Copied(KeptCreditRow),
        Copied(OwedItemRow), Copied(ExchangeRateRow, customer=None),
        Copied(PaymentRecordRow), Copied(LearntPaymentRow),
        Copied(BilledInvoiceRow), Copied(ConductMarkRow)), healed=holds_judged_anew),
    Projection("promises", notify, (Copied(BrokenPromiseRow),), healed=holds_judged_anew),
)
