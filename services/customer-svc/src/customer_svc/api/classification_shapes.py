"""Classification on the wire: rules, previews, and the classes of a customer."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field

from customer_svc.api.terms_shapes import Sent
from customer_svc.domain.classification import (
    CLASSES,
    MAX_HYSTERESIS_BPS,
    MAX_MONTHS,
    ClassificationRule,
    Dimension,
    HeldClass,
)
from customer_svc.usecases.preview_classification import Preview
from dunlin_kit.pages import Page

Edge = Annotated[int, Field(gt=0, le=10**15, strict=True)]


class ClassificationRuleUpdate(Sent):
    """A new version of a rule: class n + 1 begins at edge n; without edges a person sets the class.

    A class changes only when the number has gone beyond an edge by `hysteresis_bps` of it.
    """

    dimension: Dimension
    edges: Annotated[list[Edge], Field(max_length=5)]
    hysteresis_bps: int = Field(default=0, ge=0, le=MAX_HYSTERESIS_BPS, strict=True)
    window_months: int = Field(default=12, ge=1, le=MAX_MONTHS, strict=True)
    effective_from: date

    def to_rule(self) -> ClassificationRule:
        """Refuses: bad_classification_rule."""
        return ClassificationRule(
            self.dimension, 0, tuple(self.edges), self.hysteresis_bps, self.window_months, self.effective_from)


class ClassificationRuleRead(BaseModel):
    """One version of a rule, with the classes that its edges part, from the lowest number to the highest."""

    dimension: Dimension
    version: int
    classes: list[str]
    edges: list[int]
    hysteresis_bps: int
    window_months: int
    effective_from: date

    @classmethod
    def of(cls, rule: ClassificationRule) -> Self:
        return cls(
            dimension=rule.dimension, version=rule.version, classes=list(CLASSES[rule.dimension]),
            edges=list(rule.edges), hysteresis_bps=rule.hysteresis_bps, window_months=rule.window_months,
            effective_from=rule.effective_from)


class ClassificationRulePage(Page[ClassificationRuleRead]):
    """Versions of the rules, by dimension and version; the last one that has begun holds."""


class ClassCountRead(BaseModel):
    """How many customers would be in a class."""

    value: str
    customers: int


class ClassChangeRead(BaseModel):
    """A customer that would change its class; `before` is null where it has none."""

    customer_id: UUID
    number: str
    name: str
    before: str | None
    after: str


class ClassificationPreviewRead(BaseModel):
    """What a rule would change if it held today: counts by class, how many change, and the first fifty of them."""

    classes: list[ClassCountRead]
    changed: int
    customers: list[ClassChangeRead]

    @classmethod
    def of(cls, preview: Preview) -> Self:
        return cls(
            classes=[ClassCountRead(value=value, customers=count) for value, count in sorted(preview.classes.items())],
            changed=preview.changed,
            customers=[ClassChangeRead(customer_id=one.id, number=one.number, name=one.particulars.name, before=before,
                                       after=after) for one, before, after in preview.shown])


class CustomerClassUpdate(Sent):
    """The class from now on; null gives it back to the rule."""

    dimension: Dimension
    value: Annotated[str, Field(min_length=1, max_length=32)] | None


class CustomerClassRead(BaseModel):
    """A class and what it follows from: `rule_version` null says that a person set it."""

    dimension: Dimension
    value: str
    number: int | None = Field(description="What the rule judged, when it changed the class.")
    rule_version: int | None
    effective_on: date


class CustomerClassList(BaseModel):
    """The classes of one customer."""

    data: list[CustomerClassRead]

    @classmethod
    def of(cls, held: Mapping[Dimension, HeldClass]) -> Self:
        return cls(data=[
            CustomerClassRead(dimension=dimension, value=one.value, number=one.number, rule_version=one.rule_version,
                              effective_on=one.effective_on) for dimension, one in sorted(held.items())])
