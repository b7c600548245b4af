"""The secrets of a deployment: each service finds its own, under the names of its settings, and no other's."""

from importlib import import_module
from pathlib import Path

import pytest

from dunlin_kit.settings import ServiceSettings
from dunlin_local.__main__ import main
from dunlin_local.clients import secret_of
from dunlin_local.databases import SERVICES, Databases, kept_passwords
from dunlin_local.preparing import write_secrets

SERVER = "postgresql://postgres:secret@postgres:5432/postgres"
TOLD = {
    "ISSUER": "http://issuer", "JWKS": "http://issuer/jwks", "BILLING_URL": "http://billing", "CLIENT_ID": "notify-svc",
    "CUSTOMER_URL": "http://customer", "TOKEN_URL": "http://issuer/oauth/token", "SMTP_URL": "smtp://mail:25",
}


def told(service: str, folder: Path) -> ServiceSettings:
    settings: ServiceSettings = import_module(f"{service}_svc.settings").Settings(_secrets_dir=folder)
    return settings


@pytest.fixture
def databases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Databases:
    for name, value in TOLD.items():
        monkeypatch.setenv(f"DUNLIN_{name}", value)
    made = Databases(SERVER, kept_passwords(tmp_path / "roles"))
    write_secrets(made, tmp_path)
    return made


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_with_what_stands_in_its_folder(service: str, databases: Databases, tmp_path: Path) -> None:
    running = told(service, tmp_path / "secrets" / service)
    assert running.database_url.get_secret_value() == databases.url(service, "app")
    assert running.ops_database_url.get_secret_value() == databases.url(service, "ops")
    assert running.owner_database_url is None
    migrating = told(service, tmp_path / "secrets" / f"{service}-owner")
    assert migrating.owner_database_url is not None
    assert migrating.owner_database_url.get_secret_value() == databases.url(service, "owner")


def test_notify_proves_itself_with_the_secret_that_the_issuer_knows(databases: Databases, tmp_path: Path) -> None:
    given = (tmp_path / "secrets/notify/dunlin_client_secret").read_text()
    assert given == secret_of(tmp_path / "issuer", "notify-svc")
    assert not (tmp_path / "secrets/billing/dunlin_client_secret").exists()


def test_nobody_else_reads_them_and_again_changes_nothing(databases: Databases, tmp_path: Path) -> None:
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    before = {path: path.read_text() for path in files}
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    write_secrets(Databases(SERVER, kept_passwords(tmp_path / "roles")), tmp_path)
    assert {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_it_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DUNLIN_DATABASE_URL", raising=False)
    with pytest.raises(SystemExit):
        main(["prepare", "--folder", str(tmp_path)])
    monkeypatch.setenv("DUNLIN_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    monkeypatch.setenv("DUNLIN_CALLED_FROM", str(tmp_path))
    with pytest.raises(SystemExit):
        main(["prepare", "--folder", "kept"])
    said = " ".join(capsys.readouterr().err.split())
    assert "DUNLIN_DATABASE_URL is needed" in said
    assert "cannot be reached" in said
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["roles"], "looked for where it is called"
