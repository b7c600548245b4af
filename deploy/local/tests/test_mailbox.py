"""Mail of the single node: each message whole in a file of its own, in any script."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import aiosmtplib

from dunlin_local.mailbox import kept_mail


async def test_each_message_is_kept_whole(tmp_path: Path) -> None:
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", "付款提醒"
    message.set_content("尊敬的客户\n.\n..\n")
    async with kept_mail(tmp_path / "mail") as url:
        place = urlsplit(url)
        for _ in range(2):
            await aiosmtplib.send(message, hostname=place.hostname, port=place.port, start_tls=False)
    kept = list((tmp_path / "mail").glob("*.eml"))
    assert len(kept) == 2
    read = message_from_bytes(kept[0].read_bytes(), policy=policy.default)
    assert read["subject"] == "付款提醒"
    assert read.get_content().splitlines() == ["尊敬的客户", ".", ".."]
