"""What customer-svc can build again from what other services told."""

from customer_svc.consumers.billing import billing
from customer_svc.consumers.credit import credit
from customer_svc.consumers.notify import notify
from customer_svc.store.heard_tables import (
    HeardAccountRow,
    HeardAgeingPolicyRow,
    HeardAlertRow,
    HeardCaseRow,
    HeardClaimRow,
    HeardCreditPolicyRow,
    HeardCreditRow,
    HeardGradeRow,
    HeardHoldRow,
    HeardItemRow,
    HeardMonthRow,
    HeardPromiseRow,
    HeardReminderRow,
)
from dunlin_events.projection import Copied, Projection

PROJECTIONS = (
    Projection("ledgers", billing, (Copied(HeardAccountRow), Copied(HeardItemRow), Copied(HeardMonthRow),
                                   Copied(HeardClaimRow), Copied(HeardAgeingPolicyRow, customer=None))),
    Projection("credits", credit, (
        Copied(HeardCreditRow), Copied(HeardHoldRow), Copied(HeardGradeRow), Copied(HeardAlertRow),
        Copied(HeardCreditPolicyRow, customer=None))),
    Projection("talks", notify, (Copied(HeardReminderRow), Copied(HeardPromiseRow), Copied(HeardCaseRow))),
)
