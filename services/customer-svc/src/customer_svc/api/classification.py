"""Routes of classification: its rules with versions and preview, and the classes of a customer."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from customer_svc import usecases
from customer_svc.api.classification_shapes import (
    ClassificationPreviewRead,
    ClassificationRulePage,
    ClassificationRuleRead,
    ClassificationRuleUpdate,
    CustomerClassList,
    CustomerClassUpdate,
)
from customer_svc.api.customers import NOT_FOUND
from customer_svc.store import classes, customers
from dunlin_kernel.ids import CustomerId
from dunlin_kit import pages
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(prefix="/customer/v1", route_class=WriteRoute, tags=["classification"])
router = APIRouter(prefix="/customer/v1", route_class=ReadRoute, tags=["classification"])
BAD_RULE = ("invalid_request", "bad_classification_rule")


@router.get("/classification-rules", dependencies=[requires("customers:read")], responses=pages.RESPONSES)
async def list_classification_rules(
    tx: Tx, response: Response, cursor: Paging, limit: Limit = pages.DEFAULT_LIMIT,
) -> ClassificationRulePage:
    """Every version of every rule; version 0 is what holds until a tenant sets its own."""
    dimension, version = cursor.after or ("", 0)
    found = await classes.rules(tx, (dimension, version), limit + 1)
    return ClassificationRulePage(**cursor.page(
        response, found, limit, lambda rule: [rule.dimension.value, rule.version], ClassificationRuleRead.of))


@writes.put("/classification-rules", dependencies=[requires("policies:write")],
            responses=refuses("already_exists", status=409) | refuses(*BAD_RULE, "rule_in_the_past"))
async def set_classification_rule(body: ClassificationRuleUpdate, tx: Tx) -> ClassificationRuleRead:
    """Set a new version of a dimension's rule; classes follow at the turn of the day from which it holds."""
    return ClassificationRuleRead.of(await usecases.set_classification_rule(tx, body.to_rule()))


@writes.post("/classification-rules:preview", dependencies=[requires("customers:read")],
             responses=refuses(*BAD_RULE))
async def preview_classification(body: ClassificationRuleUpdate, tx: Tx) -> ClassificationPreviewRead:
    """What a rule would change if it held today; nothing is kept."""
    return ClassificationPreviewRead.of(await usecases.preview_classification(tx, body.to_rule()))


@router.get("/customers/{customer_id}/classes", dependencies=[requires("customers:read")], responses=NOT_FOUND)
async def list_customer_classes(customer_id: UUID, tx: Tx) -> CustomerClassList:
    """The classes of a customer, each with the number and the rule's version it follows from."""
    customer = await customers.get(tx, CustomerId(customer_id))
    return CustomerClassList.of(await classes.of_customer(tx, customer.id))


@writes.put("/customers/{customer_id}/classes", dependencies=[requires("customers:write")],
            responses=NOT_FOUND | refuses("customer_closed", status=409) | refuses("invalid_request", "unknown_class"))
async def classify_customer(customer_id: UUID, body: CustomerClassUpdate, tx: Tx) -> CustomerClassList:
    """Set a class by hand, which no rule moves; null gives it back to the rule at the next turn of the day."""
    return CustomerClassList.of(
        await usecases.classify_customer(tx, CustomerId(customer_id), body.dimension, body.value))
