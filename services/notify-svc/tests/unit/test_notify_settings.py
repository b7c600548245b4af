"""What the mail server's URL means."""

import pytest

from notify_svc.gateways.smtp import SmtpServer
from notify_svc.settings import Settings

GIVEN = {
    "database_url": "postgresql://x", "ops_database_url": "postgresql://x", "issuer": "i", "jwks": "j",
    "cursor_secret": "a secret for tests only", "billing_url": "http://b", "customer_url": "http://c",
    "token_url": "http://t", "client_id": "notify-svc", "client_secret": "said",
}


def server(url: str) -> SmtpServer | None:
    return Settings.model_validate(GIVEN | {"smtp_url": url}).smtp_server


@pytest.mark.parametrize(("url", "host", "port", "use_tls", "start_tls"), [
    ("smtp://mail", "mail", 25, False, None),
    ("smtp://mail:1025", "mail", 1025, False, None),
    ("smtps://mail", "mail", 465, True, None),
    ("smtp+starttls://mail", "mail", 587, False, True),
])
def test_the_scheme_says_how_the_connection_is_kept_safe(
    url: str, host: str, port: int, use_tls: bool, start_tls: bool | None,
) -> None:
    found = server(url)
    assert found is not None
    assert (found.host, found.port, found.use_tls, found.start_tls) == (host, port, use_tls, start_tls)


def test_user_and_password_are_unquoted() -> None:
    found = server("smtps://a%40b:p%2Fw@mail")
    assert found is not None
    assert (found.username, found.password) == ("a@b", "p/w")


def test_a_recorder_sends_nothing() -> None:
    assert server("recorder:") is None


def test_another_scheme_is_a_fault_of_the_settings() -> None:
    with pytest.raises(AssertionError, match="DUNLIN_SMTP_URL"):
        server("http://mail")
