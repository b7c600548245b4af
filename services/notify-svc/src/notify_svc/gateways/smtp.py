"""E-mail by SMTP: each step tells for certain whether the mail was handed over, or says that nobody knows."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime

import aiosmtplib
from aiosmtplib.errors import (
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from dunlin_events.crash_points import passing
from dunlin_kernel.clock import Clock
from dunlin_kit.telemetry import log
from notify_svc.domain.message import MessageStatus
from notify_svc.gateways.sender import LOOK_TOO_OLD, Delivery, Mail

SERVER_AWAY = Delivery(MessageStatus.DEFERRED, "server_away")
UNKNOWN = Delivery(MessageStatus.UNKNOWN, "outcome_unknown")
UNWRITABLE = Delivery(MessageStatus.FAILED, "recipient_refused", "553")
"""An address that no header or command can carry: the code is the one a server gives to such a name."""
_LOST = (SMTPException, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed over, and as whom. `start_tls` None: where the server offers it."""

    host: str
    port: int
    sender: str
    username: str | None = None
    password: str | None = None
    use_tls: bool = False
    start_tls: bool | None = None
    timeout_seconds: float = 20
    tls_context: ssl.SSLContext | None = None


class SmtpSender:
    """Hands one mail over per connection. Before DATA a fault defers; a fault after it leaves the outcome unknown."""

    def __init__(self, server: SmtpServer, clock: Clock) -> None:
        self._server, self._clock = server, clock

    async def send(self, mail: Mail, *, fresh: Callable[[], bool]) -> Delivery:
        """Sent (2xx after DATA), failed (5xx), deferred (4xx, no connection, look too old) or unknown (no answer)."""
        server = self._server
        smtp = aiosmtplib.SMTP(
            hostname=server.host, port=server.port, timeout=server.timeout_seconds, use_tls=server.use_tls,
            start_tls=server.start_tls, tls_context=server.tls_context)
        try:
            content = as_message(mail, server.sender, self._clock.now()).as_bytes(policy=SMTP_POLICY)
        except ValueError:
            return UNWRITABLE
        try:
            delivery = await self._enveloped(smtp, mail)
            if delivery is None:
                delivery = await _handed_over(smtp, content) if fresh() else LOOK_TOO_OLD
            return delivery
        finally:
            await _goodbye(smtp)

    async def _enveloped(self, smtp: aiosmtplib.SMTP, mail: Mail) -> Delivery | None:
        """Connect and name sender and recipient; None when the server is ready for the content."""
        try:
            await smtp.connect()
            if self._server.username is not None:
                await smtp.login(self._server.username, self._server.password or "")
            await smtp.mail(self._server.sender)
            await smtp.rcpt(mail.recipient)
        except SMTPRecipientRefused as refused:
            return _refused(refused, "recipient_refused")
        except SMTPSenderRefused as refused:
            return _refused(refused, "sender_refused")
        except ValueError:
            return UNWRITABLE
        except _LOST as lost:
            log.warning("mail server away", error=type(lost).__name__)
            return SERVER_AWAY
        return None


async def _handed_over(smtp: aiosmtplib.SMTP, content: bytes) -> Delivery:
    passing("before_send")
    try:
        response = await smtp.data(content)
    except SMTPDataError as refused:
        return _refused(refused, "message_refused")
    except _LOST:
        return UNKNOWN
    passing("after_send")
    return Delivery(MessageStatus.SENT, code=str(response.code))


def _refused(refused: SMTPResponseException, reason: str) -> Delivery:
    """5xx is for good, anything else may pass; in both cases the server said that it took nothing."""
    status = MessageStatus.FAILED if refused.code >= 500 else MessageStatus.DEFERRED
    return Delivery(status, reason, str(refused.code))


async def _goodbye(smtp: aiosmtplib.SMTP) -> None:
    """Part politely where there is still a connection; how that ends changes nothing."""
    try:
        if smtp.is_connected:
            await smtp.quit(timeout=1)
    except _LOST:
        pass
    finally:
        smtp.close()


def as_message(mail: Mail, sender: str, at: datetime) -> EmailMessage:
    """A plain-text message whose Message-ID is the id of ours; marked so that no machine answers it."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{mail.id}@{sender.rpartition('@')[2].rstrip('>')}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body, charset="utf-8", cte="base64")
    return message
