"""What notify-svc is told beyond what every service is: the mail server, whom it looks at, its own client."""

from urllib.parse import unquote, urlsplit

import httpx
from pydantic import Field, SecretStr

from dunlin_kernel.clock import Clock
from dunlin_kit.outbound import ServiceToken
from dunlin_kit.settings import ServiceSettings
from notify_svc.gateways.smtp import SmtpServer

PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
RECORDER = "recorder:"
SCOPES = "contacts:read items:read reports:read tenants:act"


class Settings(ServiceSettings):
    """`DUNLIN_*` variables of notify-svc."""

    smtp_url: SecretStr = Field(description=(
        "smtp://host:port, smtps:// or smtp+starttls://, with user:password@ where needed; `recorder:` sends nothing."))
    smtp_sender: str = Field(default="Dunlin <reminders@dunlin.example>", description="The From of every message.")
    smtp_timeout_seconds: float = Field(default=20, gt=0, le=60)
    sms_url: SecretStr | None = Field(default=None, description=(
        "Where text messages are posted to, with token@ in front of the host where one is needed; `recorder:` sends "
        "nothing. Left out: levels by text message stay due."))
    billing_url: str = Field(description="Where billing-svc answers, without a path.")
    customer_url: str = Field(description="Where customer-svc answers, without a path.")
    token_url: str = Field(description="The issuer's token endpoint, for client credentials.")
    client_id: str
    client_secret: SecretStr

    def token(self, client: httpx.AsyncClient, clock: Clock) -> ServiceToken:
        """This service's own, for its looks."""
        return ServiceToken(
            client, url=self.token_url, client_id=self.client_id, client_secret=self.client_secret.get_secret_value(),
            scopes=SCOPES, clock=clock)

    @property
    def smtp_server(self) -> SmtpServer | None:
        """None where mail is only recorded."""
        url = self.smtp_url.get_secret_value()
        if url == RECORDER:
            return None
        parts = urlsplit(url)
        assert parts.scheme in PORTS, "DUNLIN_SMTP_URL begins with smtp://, smtps:// or smtp+starttls://"
        assert parts.hostname is not None, "DUNLIN_SMTP_URL names a host"
        return SmtpServer(
            host=parts.hostname, port=parts.port or PORTS[parts.scheme], sender=self.smtp_sender,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None, use_tls=parts.scheme == "smtps",
            start_tls=True if parts.scheme == "smtp+starttls" else None, timeout_seconds=self.smtp_timeout_seconds)
