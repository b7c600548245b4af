"""Pages of 50 of long lists through the API, by every sort and filter, on the first page and deep down; and searches.

A deep page is asked for by the cursor that its neighbour would have given; tables are filled by set statements. The
limit, asked in turn with ours, is the same statement on a bare server. `--growth`: so many times the invoices and
payments, and the same customers.
"""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

import asyncpg
import httpx
from bench.archive import archived
from bench.company import ZONE, Company, founded, today
from bench.filling import filling
from bench.report import Report, Spread, progress, under
from bench.stage import Stage

from customer_svc.domain.name_search import folded, grams_of_query
from dunlin_kit.pages import Seal

INVOICES, CUSTOMERS, ROUNDS, TIMES = 1_000_000, 200_000, 3, 8
SECRET, SEARCH = "only for benchmarks", "/customer/v1/customers:search"
AIM = under(50)
_INVOICES = """
WITH n AS (SELECT n, uuidv7(interval '-3 years' + n * (interval '3 years' / $3::int)) AS id,
    ($2::uuid[])[1 + n % cardinality($2)] AS customer,
    $4::date - (1095 - (n::bigint * 1095 / $3::int))::int AS day,
    CASE WHEN n % 100 = 0 THEN 'draft' WHEN n % 50 = 1 THEN 'void' ELSE 'issued' END AS status
  FROM generate_series(0, $3::int - 1) n)
INSERT INTO invoice (tenant_id, id, customer_id, status, series, number, external_id, issued_on, due_on, currency, net,
  tax, total, tax_rounding, final, origin, buyer, seller, labels, delivery_ids, version, created_at, recorded_at)
SELECT $1, id, customer, status, 'SEED', CASE WHEN status <> 'draft' THEN 'SEED-' || n END, 'X-' || n,
  CASE WHEN status <> 'draft' THEN day END, CASE WHEN status <> 'draft' THEN day + 30 END, 'CNY', 100, 0, 100, 'rate',
  false, 'live', '{}', '{}', '{}', '[]', 2, now(), now() FROM n"""
_ITEMS = """
INSERT INTO item (tenant_id, id, customer_id, invoice_id, number, kind, instalment, instalments, currency, amount, open,
  disputed, effective_on, raised_on, due_on, standing_due_on, due_version, overdue_told_version, origin, recorded_at)
SELECT $1, uuidv7(), customer_id, id, number, 'invoice', 1, 1, 'CNY', 100, CASE WHEN due_on > $2::date - 60 THEN 100
  ELSE 0 END, 0, issued_on, issued_on, due_on, due_on, 1, 1, 'live', now() FROM invoice WHERE status = 'issued'"""
_PAYMENTS = """
INSERT INTO credit (tenant_id, id, customer_id, kind, state, currency, amount, unapplied, external_id, received_on,
  effective_on, raised_on, business_on, method, choice, version, origin, actor, labels,
  unmatched, recorded_at)
SELECT $1, uuidv7(interval '-3 years' + n * (interval '3 years' / $3::int)), ($2::uuid[])[1 + n % cardinality($2)],
  'payment', CASE WHEN n % 200 = 0 THEN 'reversed' WHEN n % 1000 = 1 THEN 'pending' ELSE 'confirmed' END,
  'CNY', 100, 0, 'P-' || n, day, day, day, day,
  'bank_transfer', NULL, 1, 'live', 'bench', '{}', '[]', now()
FROM (SELECT n, $4::date - (1095 - (n::bigint * 1095 / $3::int))::int AS day FROM generate_series(0, $3::int - 1) n)"""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of one service: its sorts and what they order by, and filters with their condition in SQL."""

    service: str
    path: str
    table: str
    sorts: dict[str, str]
    filters: dict[str, tuple[str, str]]
    where: str = "true"

    def cases(self) -> Iterator[tuple[dict[str, str], str, str]]:
        """Parameters, conditions and order of each sort alone and with each filter."""
        for sort, order in self.sorts.items():
            yield {"sort": sort}, self.where, order
            for name, (value, condition) in self.filters.items():
                yield {"sort": sort, name: value}, f"{self.where} AND {condition}", order


class Case(NamedTuple):
    """One page, as ours is asked for it and as the limit is."""

    service: str
    path: str
    ours: dict[str, str]
    by_hand: dict[str, str]


class Taken(NamedTuple):
    """Milliseconds of each time."""

    ours: list[float]
    by_hand: list[float]


def pages(stage: Stage, report: Report, *, quick: bool, growth: int = 1) -> None:
    """Milliseconds of one request by round, the worst case of each list told beside all of them."""
    many = (INVOICES * growth // 100, CUSTOMERS // 100) if quick else (INVOICES * growth, CUSTOMERS)
    asyncio.run(_paged(stage, report, *many, ROUNDS * (1 if quick else TIMES)))


async def _paged(stage: Stage, report: Report, invoices: int, customers: int, times: int) -> None:
    company = await founded(stage.admin_url("billing"), customers=customers, series=1)
    await _filled(company, invoices)
    await archived(stage.admin_url("customer"), company.tenant, company.customers, zone=ZONE, contacts=False)
    report.line("pages", "setting", invoices=invoices, payments=invoices, customers=customers, limit=50)
    ports = {service: (stage.api(service, 1).ports[0], stage.bare(service).ports[0])
             for service in ("billing", "customer")}
    headers = {"Authorization": f"Bearer {stage.token(company.tenant)}"}
    # A server closes what was idle for 5 s, which is also when the client would: so it lets go of it before.
    async with httpx.AsyncClient(headers=headers, timeout=60, limits=httpx.Limits(keepalive_expiry=2)) as client:
        asking = _Asking(client, ports, company.tenant, times)
        for listing in _listings(company.customers[1]):
            connection = await asyncpg.connect(stage.admin_url(listing.service))
            _tell(report, f"{listing.path} of {invoices if listing.service == 'billing' else customers}",
                  await asking.all_of(listing, connection))
            await connection.close()
        _tell(report, f"search by a part of a name of {customers}", await asking.searches())
    await company.connection.close()


def _listings(one: UUID) -> list[Listing]:
    day = today().isoformat()
    return [
        Listing("billing", "/billing/v1/invoices", "invoice",
                {f"{minus}{sort}": f"{order}{down}, id{down}" for minus, down in (("", ""), ("-", " DESC"))
                 for sort, order in (("created", "id"), ("due_on", "least(due_on, 'infinity'::date)"))},
                {"customer_id": (str(one), f"customer_id = '{one}'"), "status": ("draft", "status = 'draft'"),
                 "number": ("SEED-7", "number = 'SEED-7'"), "external_id": ("X-9", "external_id = 'X-9'"),
                 "due_on.gte": (day, f"due_on >= '{day}'"), "due_on.lte": ("2024-06-01", "due_on <= '2024-06-01'")}),
        Listing("billing", "/billing/v1/payments", "credit",
                {"received_on": "received_on, id", "-received_on": "received_on DESC, id DESC"},
                {"customer_id": (str(one), f"customer_id = '{one}'"), "state": ("reversed", "state = 'reversed'"),
                 "external_id": ("P-9", "external_id = 'P-9'"), "received_on.gte": (day, f"received_on >= '{day}'"),
                 "received_on.lte": ("2024-06-01", "received_on <= '2024-06-01'")}, "kind = 'payment'"),
        Listing("customer", "/customer/v1/customers", "customer",
                {f"{minus}{sort}": f"{sort}{down}, id{down}" for minus, down in (("", ""), ("-", " DESC"))
                 for sort in ("number", "name", "registered_at")},
                {"status": ("suspended", "status = 'suspended'"), "region": ("CN-SH", "region = 'CN-SH'"),
                 "number": ("C-000009", "number = 'C-000009'"), "external_id": ("E-9", "external_id = 'E-9'")}),
    ]


class _Asking:
    """Requests one after another, each timed; `ports` are ours and the limit's."""

    def __init__(
        self, client: httpx.AsyncClient, ports: dict[str, tuple[int, int]], tenant: UUID, times: int,
    ) -> None:
        self._client, self._ports, self._tenant, self._times = client, ports, tenant, times

    async def all_of(self, listing: Listing, connection: "asyncpg.Connection") -> dict[str, Taken]:
        """By case: the first page, the middle, and the last rows."""
        seen: dict[str, Taken] = {}
        for params, where, order in listing.cases():
            rows = await connection.fetchval(
                f"SELECT count(*) FROM {listing.table} WHERE tenant_id = $1 AND {where}", self._tenant)
            for depth in sorted({0, rows // 2, max(rows - 60, 0)}):
                case = Case(listing.service, listing.path, params, params)
                if depth:
                    key = await self._key(listing, connection, (where, order), depth)
                    sealed = Seal(SECRET.encode(), f"{self._tenant}|{listing.path}|{sorted(params.items())}")
                    case = case._replace(ours={**params, "cursor": sealed.close(key.encode())},
                                         by_hand={**params, "after": key.replace(str(date.max), "infinity")})
                what = " ".join(f"{name}={value}" for name, value in params.items())
                seen[f"{what} from row {depth}"] = await self._timed(case)
        return seen

    async def searches(self) -> dict[str, Taken]:
        """Parts of one, two and more characters, frequent and rare, and the second page of those that have one."""
        seen = {}
        for part in ("华", "上海", "有限公司", "贸易1", "elm", "berlin", "Pap", "0", "77", "1234", "nowhere", "海新"):
            by_hand = {"part": folded(part), "grams": ",".join(sorted(grams_of_query(part)))}
            case = Case("customer", SEARCH, {"q": part}, by_hand)
            seen[f"'{part}'"] = await self._timed(case)
            first = (await self._answered(self._ports["customer"][0], SEARCH, {"q": part})).json()
            if first["next_cursor"]:
                seen[f"'{part}', its second page"] = await self._timed(case._replace(
                    ours={"q": part, "cursor": first["next_cursor"]},
                    by_hand={**by_hand, "after": first["data"][-1]["number"]}))
        return seen

    async def _key(
        self, listing: Listing, connection: "asyncpg.Connection", case: tuple[str, str], depth: int,
    ) -> str:
        where, order = case
        at = order.replace(" DESC", "").rsplit(", ", 1)[0]
        key = await connection.fetchrow(
            f"SELECT {at} AS at, id FROM {listing.table} WHERE tenant_id = $1 AND {where} ORDER BY {order} "
            f"OFFSET {depth} LIMIT 1", self._tenant)
        return json.dumps([key["at"].isoformat() if hasattr(key["at"], "isoformat") else str(key["at"]),
                           str(key["id"])], separators=(",", ":"))

    async def _timed(self, case: Case) -> Taken:
        """Ours and the limit's in turn, the first time of each left out. Raises where they show other rows."""
        taken, asked = Taken([], []), tuple(zip(self._ports[case.service], (case.ours, case.by_hand), strict=True))
        for number in range(self._times + 1):
            shown = []
            for (port, params), times in zip(asked, taken, strict=True):
                began = time.perf_counter()
                answer = await self._answered(port, case.path, params)
                if number:
                    times.append((time.perf_counter() - began) * 1000)
                else:
                    shown.append([one["id"] for one in answer.json()["data"]])
            if shown and shown[0] != shown[1]:
                raise RuntimeError(f"the limit shows other rows: {case.path} {case.by_hand}")
        return taken

    async def _answered(self, port: int, path: str, params: dict[str, str]) -> httpx.Response:
        answer = await self._client.get(f"http://127.0.0.1:{port}{path}", params=params)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} {params}: {answer.status_code} {answer.text[:300]}")
        return answer


async def _filled(company: Company, invoices: int) -> None:
    connection, customers = company.connection, list(company.customers)
    async with filling(connection, ("invoice", "item", "credit")):
        await connection.execute(_INVOICES, company.tenant, customers, invoices, today())
        progress(f"{invoices} invoices")
        await connection.execute(_ITEMS, company.tenant, today())
        await connection.execute(_PAYMENTS, company.tenant, customers, invoices, today())
    await connection.execute("VACUUM ANALYZE")
    progress("filled")


def _tell(report: Report, what: str, seen: Mapping[str, Taken]) -> None:
    """All requests of a list together, by rounds, and its slowest case by its median."""
    for name, share, aim in (("p50", 0.5, None), ("p99", 0.99, AIM)):
        ours, by_hand = (Spread([_at(share, [one for case in seen.values() for one in case[whose][number::ROUNDS]])
                                 for number in range(ROUNDS)]) for whose in (0, 1))
        report.figure("pages", f"{what}: {name}", ours.beside(by_hand), "ms", aim)
    slowest = max(seen, key=lambda case: _at(0.5, seen[case].ours))
    report.figure("pages", f"{what}: slowest, {slowest}",
                  Spread(seen[slowest].ours).beside(Spread(seen[slowest].by_hand)), "ms")
    progress(f"{what}: slowest {slowest}")


def _at(share: float, values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * share)]
