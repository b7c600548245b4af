"""A sender that keeps what it is given and sends nothing: for tests and for a machine without a mail server."""

from collections.abc import Callable

from notify_svc.domain.message import MessageStatus
from notify_svc.gateways.sender import LOOK_TOO_OLD, Delivery, Mail

KEPT = 1000


class Recorder:
    """Every mail is taken; the last thousand can be read in `mails`."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    async def send(self, mail: Mail, *, fresh: Callable[[], float]) -> Delivery:
        if not fresh():
            return LOOK_TOO_OLD
        self.mails = [*self.mails[1 - KEPT :], mail]
        return Delivery(MessageStatus.SENT, code="250")
