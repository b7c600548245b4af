"""Hands each message to the sender of its channel."""

from collections.abc import Callable, Mapping

from notify_svc.domain.ladder import LevelChannel
from notify_svc.gateways.sender import Delivery, Mail, Sender


class ByChannel:
    """Only channels that have a sender are offered, so there always is one."""

    def __init__(self, senders: Mapping[LevelChannel, Sender]) -> None:
        self._senders = senders

    async def send(self, mail: Mail, *, fresh: Callable[[], float]) -> Delivery:
        return await self._senders[mail.channel].send(mail, fresh=fresh)
