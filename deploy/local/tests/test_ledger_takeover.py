"""The command's talk with a running system: what is sent, what is sent again, what is left out, what is reported."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from dunlin_local import importing, ledger_takeover, remote
from dunlin_local.ledger_file import LedgerFile
from dunlin_local.ledger_mapping import LedgerMapping
from dunlin_local.ledger_takeover import LedgerTakeover, Outcome, Refusal, Watcher
from dunlin_local.remote import Remote, RemoteError

MAPPING = """
[customer]
external_id = "who"
name = "who"
due_days = {text = "30"}

[invoice]
external_id = "number"
currency = {text = "CNY"}
amount = "amount"
issued_on = "issued"
due_on = "issued"
"""
LEDGER = "number,who,amount,issued\n7,A,1.00,2019-01-01\n8,B,2.00,2019-01-02\n9,A,x,2019-01-03\n10,C,3.00,2019-01-04\n"
WAITS = {"code": "customer_not_known_yet", "detail": "Line 3: This customer has not been heard of here yet."}
IMPORT = "11111111-1111-7111-8111-111111111111"


class FakeDunlin:
    """Answers as the services do; `failures` are given first, one a request."""

    def __init__(self, *, last_line: int = 0, status: str = "receiving", failures: tuple[Any, ...] = ()) -> None:
        self.begun = {"id": IMPORT, "last_line": last_line, "status": status}
        self.failures = list(failures)
        self.sent: list[tuple[str, Any, str]] = []
        self.looks = 0
        self.registering: list[int] = []
        """How far the registering of customers is at each look."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content and request.content != b"null" else None
        path = request.url.path.replace(IMPORT, "ID")
        self.sent.append((path, body, request.headers.get("idempotency-key", "")))
        if self.failures:
            failure = self.failures.pop(0)
            if isinstance(failure, Exception):
                raise failure
            return httpx.Response(failure[0], json={"code": failure[1], "detail": "So it is."})
        return httpx.Response(200, json=self._answer(path, body))

    def _answer(self, path: str, body: Any) -> Any:
        if path == "/customer/v1/customers:import":
            refused = [{"line": one["line"], "code": "bad_name", "detail": "No."} for one in body["rows"]
                       if one["external_id"] == "C"]
            held = [{"line": one["line"], "code": "row_differs", "detail": "Held."} for one in body["rows"]
                    if one["external_id"] == "B"]
            self.registered = {"registered": 1, "unchanged": 0, "refused": refused + held}
        if path.startswith("/customer/v1/"):
            return _operation(None if self.registering else self.registered) | {
                "done": self.registering.pop(0) if self.registering else 3, "total": 3, "waits_for": None}
        if path.endswith("ID:run"):
            return _operation(None)
        if path.startswith("/billing/v1/operations/"):
            self.looks += 1
            return _operation({"invoices": 1, "payments": 0, "unchanged": 0, "refused": 1} if self.looks > 1 else None)
        if path.endswith("/refusals"):
            return {"data": [{"line": 3, "part": "invoice", "external_id": "8", "code": "invoice_differs",
                              "detail": "Other."}], "next_cursor": None}
        return self.begun

    def paths(self) -> Counter[str]:
        return Counter(path for path, _, _ in self.sent)


def _operation(result: Any) -> dict[str, Any]:
    return {"id": "op", "status": "succeeded" if result else "running", "done": 1, "total": 2, "result": result,
            "error": None, "waits_for": None if result else WAITS}


@pytest.fixture
def file(tmp_path: Path) -> LedgerFile:
    (tmp_path / "ledger.csv").write_text(LEDGER)
    (tmp_path / "mapping.toml").write_text(MAPPING)
    return LedgerFile(tmp_path / "ledger.csv", LedgerMapping.load(tmp_path / "mapping.toml"))


def take(fake: FakeDunlin, file: LedgerFile, watch: Watcher = lambda *_: None) -> Outcome:
    with httpx.Client(transport=httpx.MockTransport(fake), base_url="http://dunlin") as client:
        return LedgerTakeover(Remote(client), file, watch).run()


def sent_lines(fake: FakeDunlin) -> list[int]:
    return [row["line"] for path, body, _ in fake.sent if path.endswith("/rows") for row in body["rows"]]


def test_rows_of_a_refused_customer_stay_out_and_all_that_is_refused_is_reported(file: LedgerFile) -> None:
    fake = FakeDunlin()
    outcome = take(fake, file)
    assert sent_lines(fake) == [2, 3], "line 4 cannot be read, and C of line 5 was refused"
    assert (outcome.rows, outcome.registered, outcome.invoices) == (4, 1, 1)
    assert [(one.line, one.part, one.external_id, one.code) for one in outcome.refusals] == [
        (3, "customer", "B", "row_differs"), (3, "invoice", "8", "invoice_differs"),
        (4, "row", "9", "unreadable_amount"), (5, "customer", "C", "bad_name"), (5, "row", "10", "customer_refused")]


def test_a_second_name_of_a_customer_is_said_and_the_first_is_kept(
    tmp_path: Path, file: LedgerFile, capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "mapping.toml").write_text(MAPPING.replace('name = "who"', 'name = "name"'))
    file.path.write_text("number,who,name,amount,issued\n" + "".join(
        f"{n},A,{name},1.00,2019-01-01\n" for n, name in enumerate(("Heron", "Heron", "Crane", "Crane", "Stork"), 7)))
    fake = FakeDunlin()
    outcome = take(fake, LedgerFile(file.path, LedgerMapping.load(tmp_path / "mapping.toml")))
    [registered] = [body["rows"] for path, body, _ in fake.sent if path == "/customer/v1/customers:import"]
    assert [(one["external_id"], one["name"]) for one in registered] == [("A", "Heron")]
    assert sent_lines(fake) == [2, 3, 4, 5, 6], "their invoices are taken all the same"
    importing._say(outcome)
    importing._write(tmp_path / "report.csv", outcome)
    sentence = '4,customer,A,name_differs,"This row calls the customer Crane; kept is Heron, as line 2 has it."'
    said, report = capsys.readouterr().out, (tmp_path / "report.csv").read_text().splitlines()
    assert sentence in report
    assert [line.split(",")[0] for line in report if "name_differs" in line] == ["4", "6"]
    assert "kept is Heron, as line 2 has it" in said


def test_nobody_is_registered_for_a_row_that_says_nothing(tmp_path: Path, file: LedgerFile) -> None:
    file.path.write_text("number,who,amount,issued\n7,A,1.00,2019-01-01\n,B,,\n")
    fake = FakeDunlin()
    take(fake, file)
    [registered] = [body["rows"] for path, body, _ in fake.sent if path == "/customer/v1/customers:import"]
    assert [one["external_id"] for one in registered] == ["A"]
    assert sent_lines(fake) == [2, 3], "billing says why it is refused"


def test_the_registering_of_customers_is_watched_until_it_ends(file: LedgerFile) -> None:
    fake = FakeDunlin()
    told: list[tuple[str, int, int | None]] = []
    fake.registering = [0, 2]
    outcome = take(fake, file, lambda step, done, total: told.append((step, done, total)))
    assert [said for said in told if said[0] == "customers"] == [("customers", done, 3) for done in (0, 2, 3)]
    assert outcome.registered == 1


def test_what_was_received_is_not_sent_again_and_what_runs_is_followed(file: LedgerFile) -> None:
    resumed = FakeDunlin(last_line=2)
    take(resumed, file)
    assert sent_lines(resumed) == [3]
    running = FakeDunlin(status="running", last_line=5)
    take(running, file)
    assert sent_lines(running) == []
    assert running.paths()["/billing/v1/ledger-imports/ID:run"] == 1


def test_a_request_that_got_no_good_answer_is_sent_again_with_its_key(
    file: LedgerFile, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remote, "LONGEST_WAIT_SECONDS", 0.01)
    fake = FakeDunlin(failures=(httpx.ConnectError("away"), (503, "database_unavailable"), (429, "rate_limited"),
                                (409, "in_progress"), (409, "tenant_not_known_yet")))
    take(fake, file)
    first = [key for path, _, key in fake.sent if path == "/customer/v1/customers:import"]
    assert len(first) == 6
    assert len(set(first)) == 1


@pytest.mark.parametrize("failure", [(403, "forbidden"), (409, "illegal_transition"), (422, "invalid_request")])
def test_a_refusal_is_said_at_once(file: LedgerFile, failure: tuple[int, str]) -> None:
    fake = FakeDunlin(failures=(failure,))
    with pytest.raises(RemoteError, match=f"{failure[1]}: So it is."):
        take(fake, file)
    assert len(fake.sent) == 1


def test_a_system_that_stays_away_is_given_up(file: LedgerFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "PATIENCE_SECONDS", 0.1)
    with pytest.raises(RemoteError, match=r"does not answer .* it goes on where it stopped"):
        take(FakeDunlin(failures=(httpx.ConnectError("away"),) * 50), file)


def test_what_is_waited_for_is_said_once(
    file: LedgerFile, monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remote, "LONGEST_WAIT_SECONDS", 0.01)
    said: list[str] = []
    monkeypatch.setattr(remote, "note", said.append)
    take(FakeDunlin(failures=(httpx.ConnectError("away"),) * 3), file)
    assert said == ["waiting up to 120 s: http://dunlin does not answer (ConnectError)"]


def test_what_a_running_import_waits_for_is_said_once(file: LedgerFile, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(ledger_takeover, "note", said.append)
    fake = FakeDunlin()
    fake.looks = -2
    take(fake, file)
    assert said == ["waiting: customer_not_known_yet: Line 3: This customer has not been heard of here yet."]


@pytest.mark.parametrize("page", [b"<html>Welcome</html>", b"[]"])
def test_an_answer_of_something_else_is_told_in_a_sentence(file: LedgerFile, page: bytes) -> None:
    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=page)),
                      base_url="http://elsewhere") as client, pytest.raises(RemoteError, match="no Dunlin is there"):
        LedgerTakeover(Remote(client), file, lambda *_: None).run()


def test_the_report_has_every_refusal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = Outcome(rows=30, refusals=[Refusal(n, "row", "", "bad_date", "No, never.") for n in range(2, 32)])
    importing._say(outcome)
    importing._write(tmp_path / "report.csv", outcome)
    said = capsys.readouterr().out
    assert "line 21, row : bad_date" in said
    assert "and 10 more" in said
    report = (tmp_path / "report.csv").read_text().splitlines()
    assert report[0] == "line,part,external_id,code,detail"
    assert report[-1] == '31,row,,bad_date,"No, never."'
    assert len(report) == 31


def dunlin(home: Path, *words: str, called_from: str = "") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DUNLIN_")}
    return subprocess.run(
        [sys.executable, "-m", "dunlin_local", *words],
        env=environment | {"DUNLIN_HOME": str(home), "COLUMNS": "200", "DUNLIN_CALLED_FROM": called_from},
        capture_output=True, text=True, check=False, timeout=60)


def test_the_command_says_what_is_in_the_way(tmp_path: Path, file: LedgerFile) -> None:
    words = ("import", "ledger", str(file.path), "--mapping", str(tmp_path / "mapping.toml"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home/demonstration.json").write_text(json.dumps({"tenant": IMPORT, "days": None}))
    for given, sentence in (
        ((), "Start it with ./dunlin up, or name a running one with --url"),
        (("--url", "localhost:8080", "--token", "t"), "localhost:8080 is no address of a running Dunlin. Write it as"),
        (("--url", "http://127.0.0.1:9"), "Name the company whose books these are, such as --tenant"),
        (("--url", "http://127.0.0.1:9", "--tenant", "t"), "No issuer answers at http://127.0.0.1:9"),
        (("--url", "http://127.0.0.1:9", "--report", "/no/where"), "The report cannot be written to /no/where"),
    ):
        done = dunlin(tmp_path / "home", *words, *given)
        assert done.returncode == 1
        assert sentence in done.stderr
        assert done.stdout == ""
    report = tmp_path / "report.csv"
    near = dunlin(
        tmp_path / "home", "import", "ledger", "no.csv", "--mapping", "mapping.toml", "--report", "report.csv",
        "--url", "http://127.0.0.1:9", "--token", "t", called_from=str(tmp_path))
    assert f"{tmp_path / 'no.csv'} cannot be read" in near.stderr, "the mapping was found where the caller stands"
    assert report.exists()
    missing = dunlin(tmp_path / "home", *words[:3], "--mapping", "nowhere.toml", "--url", "http://127.0.0.1:9")
    assert "The mapping nowhere.toml cannot be read" in missing.stderr
