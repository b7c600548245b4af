"""Seeds of customer-svc: entries of the archive with their contacts, as the service itself would have kept them."""

import random
from collections.abc import Sequence
from uuid import UUID

import asyncpg
from bench.company import CURRENCY

from customer_svc.domain.name_search import folded, grams_of

PLACES = ("上海", "北京", "深圳", "杭州", "成都", "Berlin", "Lyon", "Oslo", "Porto", "Leeds")
TRADES = ("贸易", "实业", "电子", "纺织", "物流", "Foods", "Textil", "Logistics", "Electric", "Papers")
WORDS = ("华", "东", "新", "海", "金", "Alder", "Birch", "Cedar", "Dorn", "Elm")
_COLUMNS = ("tenant_id", "id", "number", "kind", "status", "name", "name_folded", "name_grams", "due_days",
            "end_of_month", "instalments", "prepayment_bps", "cash_on_delivery", "tags", "labels", "version",
            "registered_at")
_CONTACTS = """
INSERT INTO contact (tenant_id, id, customer_id, name, language, email, purposes, consents, opted_out, version)
SELECT $1, uuidv7(), id, '李 ' || n, 'zh', 'ap' || n || '@heron.example', '{dunning,billing}', '{}', '{}', 1
FROM unnest($2::uuid[]) WITH ORDINALITY c (id, n)"""


def names(count: int, seed: int = 7) -> list[str]:
    """Chinese and Latin names, most of them different."""
    drawn = random.Random(seed)
    made = []
    for number in range(count):
        parts = [drawn.choice(PLACES), drawn.choice(WORDS) + drawn.choice(WORDS).lower(), drawn.choice(TRADES)]
        latin = parts[0].isascii()
        made.append(f"{' '.join(parts)} {number}" if latin else f"{''.join(parts)}{number}有限公司")
    return made


async def archived(url: str, tenant: UUID, customers: Sequence[UUID], *, zone: str, contacts: bool) -> None:
    """A tenant and active customers; with `contacts`, one who gets bills and reminders by mail for each."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        "INSERT INTO tenant (tenant_id, name, currency, zone, sandbox) VALUES ($1, 'Bench', $2, $3, false)",
        tenant, CURRENCY, zone)
    at = await connection.fetchval("SELECT now()")
    await connection.copy_records_to_table("customer", columns=_COLUMNS, records=(
        (tenant, customer, f"C-{number:06d}", "organization", "active", name, folded(name), sorted(grams_of(name)),
         30, False, "[]", 0, False, [], "{}", 1, at)
        for number, (customer, name) in enumerate(zip(customers, names(len(customers)), strict=True), start=1)))
    if contacts:
        await connection.execute(_CONTACTS, tenant, list(customers))
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


