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
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)
from aiosmtplib.typing import SMTPStatus

from dunlin_events.crash_points import passing
from dunlin_kernel.clock import Clock
from dunlin_kit.telemetry import log
from notify_svc.domain.message import MessageStatus
from notify_svc.gateways.sender import LOOK_TOO_OLD, Delivery, Mail

SERVER_AWAY = Delivery(MessageStatus.DEFERRED, "server_away")
UNKNOWN = Delivery(MessageStatus.UNKNOWN, "outcome_unknown")
UNWRITABLE = Delivery(MessageStatus.FAILED, "recipient_refused", "553")
"""An address that no header or command can carry: the code is the one a server gives to such a name."""
TAKEN = range(200, 300)
REFUSALS = 400
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
    """Hands one mail over per connection. Before the content a fault defers; after it the outcome is unknown."""

    def __init__(self, server: SmtpServer, clock: Clock) -> None:
        self._server, self._clock = server, clock

    async def send(self, mail: Mail, *, fresh: Callable[[], float]) -> Delivery:
        """Sent (2xx after the content), failed (5xx), deferred (nothing was taken) or unknown (no answer)."""
        server = self._server
        smtp = aiosmtplib.SMTP(
            hostname=server.host, port=server.port, timeout=server.timeout_seconds, use_tls=server.use_tls,
            start_tls=server.start_tls, tls_context=server.tls_context)
        try:
            content = as_message(mail, server.sender, self._clock.now()).as_bytes(policy=SMTP_POLICY)
        except ValueError:
            return UNWRITABLE
        try:
            delivery = await self._enveloped(smtp, mail) or await self._asked_for_content(smtp, fresh)
            return delivery or await self._handed_over(smtp, content)
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

    async def _asked_for_content(self, smtp: aiosmtplib.SMTP, fresh: Callable[[], float]) -> Delivery | None:
        """Say DATA and wait while the look is fresh; None when the server asks for the content and it still is."""
        left = fresh()
        if not left:
            return LOOK_TOO_OLD
        try:
            response = await smtp.execute_command(b"DATA", timeout=min(left, self._server.timeout_seconds))
        except _LOST as lost:
            log.warning("mail server did not ask for the content", error=type(lost).__name__)
            return SERVER_AWAY if fresh() else LOOK_TOO_OLD
        if response.code != SMTPStatus.start_input:
            return _refused(SMTPResponseException(response.code, response.message), "message_refused")
        if not fresh():
            # now even QUIT would be read as content; a connection that ends before the final dot leaves nothing behind
            smtp.close()
            return LOOK_TOO_OLD
        return None

    async def _handed_over(self, smtp: aiosmtplib.SMTP, content: bytes) -> Delivery:
        """The content and its final dot: from the first byte on, only the server's reply says what came of it."""
        passing("before_send")
        try:
            response = await _answer_to(smtp, _dotted(content), self._server.timeout_seconds)
        except _LOST:
            smtp.close()
            return UNKNOWN
        if response.code >= REFUSALS:
            return _refused(SMTPResponseException(response.code, response.message), "message_refused")
        if response.code not in TAKEN:
            return UNKNOWN
        passing("after_send")
        return Delivery(MessageStatus.SENT, code=str(response.code))


async def _answer_to(smtp: aiosmtplib.SMTP, data: bytes, timeout: float) -> aiosmtplib.SMTPResponse:
    """Raises SMTPException, OSError where the connection is gone or nothing comes."""
    if smtp.protocol is None:
        raise SMTPServerDisconnected("Connection lost")
    smtp.protocol.write(data)
    return await smtp.protocol.read_response(timeout=timeout)


def _dotted(content: bytes) -> bytes:
    """As DATA sends it: a dot at the begin of a line is doubled, and one alone ends it."""
    lines = (b"." + line if line.startswith(b".") else line for line in content.splitlines(keepends=True))
    return b"".join(lines) + b".\r\n"


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
    """A plain-text message, with its document; its Message-ID is the id of ours, and it says that no person wrote."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{mail.id}@{sender.rpartition('@')[2].rstrip('>')}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body, charset="utf-8", cte="base64")
    if (file := mail.attachment) is not None:
        message.add_attachment(file.content, maintype="application", subtype="pdf", filename=file.name)
    return message
