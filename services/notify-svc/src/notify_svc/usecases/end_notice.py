"""Keep how the hand-over of a notice ended."""

from dunlin_kit.transaction import Transaction
from notify_svc.domain.notice import NoticeKind
from notify_svc.gateways.sender import Delivery
from notify_svc.store import notices


async def end_notice(tx: Transaction, kind: NoticeKind, key: str, delivery: Delivery) -> None:
    """What the sender said. Refuses: illegal_transition."""
    notice = await notices.find(tx, kind, key)
    assert notice is not None, "it was written down before it was handed over"
    notices.keep(tx, notice.ended(delivery.status, delivery.reason))
