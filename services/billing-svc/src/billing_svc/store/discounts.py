"""Discounts as they are kept: the tenant's policy in its versions, and what an item's invoice offers."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Text, literal_column, select
from sqlmodel import Field

from billing_svc.domain.discount import (
    FIRST_DISCOUNT_POLICY,
    DiscountBase,
    DiscountOffer,
    DiscountPolicy,
    DiscountTerms,
    DiscountVat,
)
from billing_svc.store.rows import Row
from dunlin_kit.transaction import Transaction


class DiscountPolicyRow(Row, table=True):
    """A version of the tenant's discount policy; the highest is in force."""

    __tablename__ = "discount_policy"
    tenant_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    base: str = Field(sa_type=Text)
    vat: str = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))


_t = DiscountPolicyRow.__table__.c
IN_FORCE = select(_t.version, _t.base, _t.vat).order_by(_t.version.desc()).limit(literal_column("1"))


async def policy_in_force(tx: Transaction) -> DiscountPolicy:
    """The tenant's newest version, or that by which every tenant begins."""
    row = await tx.row(IN_FORCE)
    if row is None:
        return FIRST_DISCOUNT_POLICY
    return DiscountPolicy(row["version"], DiscountBase(row["base"]), DiscountVat(row["vat"]))


def add_policy(tx: Transaction, policy: DiscountPolicy, *, recorded_at: datetime) -> None:
    tx.insert(DiscountPolicyRow, {
        "version": policy.version, "base": policy.base.value, "vat": policy.vat.value, "actor": tx.actor,
        "recorded_at": recorded_at})


def offer_text(offer: DiscountOffer | None) -> str | None:
    """An offer as an item keeps it."""
    if offer is None:
        return None
    return json.dumps({"bps": offer.discount_bps, "until": str(offer.until), "base": offer.base.value,
                       "vat": offer.vat.value, "net": offer.net, "tax": offer.tax})


def offer_kept(kept: Mapping[str, Any] | None) -> DiscountOffer | None:
    """The offer of an item's row; None where its invoice offers nothing."""
    if kept is None:
        return None
    return DiscountOffer(
        kept["bps"], date.fromisoformat(kept["until"]), DiscountBase(kept["base"]), DiscountVat(kept["vat"]),
        kept["net"], kept["tax"])


def terms_kept(kept: Mapping[str, Any] | None) -> DiscountTerms | None:
    """The discount of a customer's terms of trade."""
    return None if kept is None else DiscountTerms(kept["discount_bps"], kept["within_days"])
