"""Mail of the single node: each message whole in a file of its own, in any script."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import aiosmtplib
import pytest

from dunlin_kit.telemetry import configure_logging, log
from dunlin_local.logs import log_to
from dunlin_local.mailbox import kept_mail


async def sent(url: str, message: EmailMessage) -> None:
    place = urlsplit(url)
    await aiosmtplib.send(message, hostname=place.hostname, port=place.port, start_tls=False)


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("level", ["info", "debug"])
async def test_a_mail_leaves_no_address_in_the_log(tmp_path: Path, level: str) -> None:
    message = EmailMessage()
    message["From"], message["To"] = "from@example.com", "to@example.com"
    configure_logging(level)
    log_to(tmp_path / "dunlin.log")
    async with kept_mail(tmp_path / "mail") as url:
        await sent(url, message)
    log.info("sent")
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 1
    said = (tmp_path / "dunlin.log").read_text()
    assert '"sent"' in said
    assert "example.com" not in said


async def test_each_message_is_kept_whole(tmp_path: Path) -> None:
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", "付款提醒"
    message.set_content("尊敬的客户\n.\n..\n")
    async with kept_mail(tmp_path / "mail") as url:
        for _ in range(2):
            await sent(url, message)
    kept = list((tmp_path / "mail").glob("*.eml"))
    assert len(kept) == 2
    read = message_from_bytes(kept[0].read_bytes(), policy=policy.default)
    assert read["subject"] == "付款提醒"
    assert read.get_content().splitlines() == ["尊敬的客户", ".", ".."]
