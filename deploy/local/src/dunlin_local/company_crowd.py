"""The many customers of the demonstration company: who they are, what they buy, when they pay; always the same."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random  # noqa: TID251  a fixed seed: it is the same company in every run

SEED, DAYS = 20251001, 90
CROWD = 184
JOIN_DAYS = 16
CITIES = ("北京", "上海", "广州", "深圳", "杭州", "成都", "武汉", "南京", "苏州", "青岛")
WORDS = ("华信", "远达", "鸿图", "瑞丰", "金桥", "博雅", "天成", "恒通", "海川", "东方", "明德", "嘉禾")
TRADES = (("贸易", "trade"), ("科技", "technology"), ("制造", "manufacturing"), ("物流", "logistics"), ("食品", "food"))
ABROAD = (("Heron", "EUR"), ("Plover", "USD"), ("Curlew", "USD"), ("Godwit", "EUR"))
REGIONS = ("CN-BJ", "CN-SH", "CN-GD", "CN-GD", "CN-ZJ", "CN-SC", "CN-HB", "CN-JS", "CN-JS", "CN-SD")
OWNERS = ("S-LI", "S-WANG", "S-CHEN")
LATENESS = ((-8, 10), (0, 42), (4, 20), (12, 12), (25, 8), (40, 5), (None, 3))
"""Days late, and how many of a hundred customers are so; None never pays."""


@dataclass(frozen=True, slots=True)
class Member:
    """One of them. `joins` counts days from the first; amounts are whole units of its currency."""

    number: str
    name: str
    currency: str
    region: str
    industry: str
    owner: str
    days: int
    limit: int
    joins: int


@dataclass(frozen=True, slots=True)
class Deal:
    """An invoice of a member, net, or the payment of one, gross in minor units."""

    member: Member
    name: str
    net: int
    gross_minor: int


@dataclass(frozen=True, slots=True)
class CrowdDay:
    """What happens on one day."""

    joining: list[Member] = field(default_factory=list)
    billed: list[Deal] = field(default_factory=list)
    paid: list[Deal] = field(default_factory=list)


def crowd() -> Mapping[int, CrowdDay]:
    """All days, by their number from 0."""
    chance = Random(SEED)
    days: dict[int, CrowdDay] = defaultdict(CrowdDay)
    for n in range(CROWD):
        member = _member(n, chance)
        days[member.joins].joining.append(member)
        _live(member, chance, days)
    return days


def _member(n: int, chance: Random) -> Member:
    number, owner, joins = f"D-{n + 1:03d}", OWNERS[n % len(OWNERS)], n * JOIN_DAYS // CROWD
    days, limit = chance.choice((15, 30, 30, 45)), chance.choice((100_000, 200_000, 300_000, 500_000))
    if n % 8 == 7:
        word, currency = ABROAD[(n // 8) % len(ABROAD)]
        return Member(number, f"{word} {chance.choice(('Trading', 'Foods', 'Works'))} {n + 1}", currency, currency[:2],
                      "trade", owner, days, limit // 5, joins)
    place = chance.randrange(len(CITIES))
    trade, industry = chance.choice(TRADES)
    name = f"{CITIES[place]}{chance.choice(WORDS)}{trade}有限公司"
    return Member(number, name, "CNY", REGIONS[place], industry, owner, days, limit, joins)


def _live(member: Member, chance: Random, days: dict[int, CrowdDay]) -> None:
    late = chance.choices([one for one, _ in LATENESS], [share for _, share in LATENESS])[0]
    day, count = member.joins + chance.randrange(1, 15), 0
    while day < DAYS:
        count += 1
        net = chance.randrange(20, 400) * (100 if member.currency == "CNY" else 20)
        deal = Deal(member, f"{member.number}-{count}", net, net * 113)
        days[day].billed.append(deal)
        if late is not None and (paid := day + max(1, member.days + late + chance.randrange(-2, 3))) < DAYS:
            days[paid].paid.append(deal)
        day += chance.randrange(12, 32)


def numbers(days: Mapping[int, CrowdDay]) -> Sequence[int]:
    """How many members, invoices and payments there are."""
    return [sum(len(getattr(day, kind)) for day in days.values()) for kind in ("joining", "billed", "paid")]
