"""What notify-svc can build again from what other services told; places on the ladder and plans are its own."""

from dunlin_events.projection import Copied, Projection
from notify_svc.consumers.billing import billing
from notify_svc.consumers.credit import credit
from notify_svc.consumers.customer import customer
from notify_svc.consumers.healing import ladders_chosen_anew
from notify_svc.store.history_tables import ExchangeRateRow, ItemDueRow, ItemMoveRow, PaymentMoveRow
from notify_svc.store.ladder_tables import CustomerGradeRow, CustomerRow, DunnedItemRow, LeftItemRow
from notify_svc.store.library_tables import TenantRow
from notify_svc.store.notice_tables import AskedDepositRow, StatementRow
from notify_svc.store.staff_tables import StaffRow
from notify_svc.usecases.plan_items_of import plan_items_of

PROJECTIONS = (
    Projection("customers", customer, (
        Copied(CustomerRow, own=("refused_on", "grade"), known="known"), Copied(TenantRow, customer=None),
        Copied(StaffRow, customer=None)), healed=ladders_chosen_anew),
    Projection("items", billing, (
        Copied(DunnedItemRow, own=("active", "passed_offset_days", "last_sent_on"), derived=("next_level", "next_on")),
        Copied(LeftItemRow), Copied(ItemMoveRow), Copied(ItemDueRow), Copied(PaymentMoveRow), Copied(StatementRow),
        Copied(AskedDepositRow), Copied(ExchangeRateRow, customer=None),
    ), healed=plan_items_of),
    Projection("grades", credit, (Copied(CustomerGradeRow),), healed=ladders_chosen_anew),
)
