"""The composition root of the API."""

from fastapi import FastAPI

from credit_svc.api import (
    alerts,
    approvals,
    authorization_list,
    authorizations,
    claims,
    covers,
    decisions,
    financial_statements,
    group_limit_proposals,
    groups,
    holds,
    limit_proposals,
    limits,
    mismatches,
    policies,
    policy_trials,
    positions,
    rated_customers,
    rating_policies,
    rating_policy_trials,
    ratings,
    reviews,
)
from credit_svc.store.integrity import CHECKS
from dunlin_kernel.clock import Clock
from dunlin_kit.app import Api, create_api
from dunlin_kit.migrating import head_of
from dunlin_kit.settings import ServiceSettings

CONFLICTS = {
    "uq_credit_hold_standing": "hold_stands",
    "pk_mismatch_closure": "mismatch_closed",
    "pk_credit_authorization": "authorization_exists", "pk_credit_decision": "authorization_exists",
}


def create_app(settings: ServiceSettings, *, clock: Clock | None = None) -> FastAPI:
    return create_api(
        Api("credit", "Dunlin credit",
            (*positions.routers, *limits.routers, *limit_proposals.routers, *authorizations.routers, *policies.routers,
             *holds.routers, *alerts.routers, *mismatches.routers, *groups.routers,
             *group_limit_proposals.routers,
             *ratings.routers, *reviews.routers, *financial_statements.routers, *rating_policies.routers,
             *rated_customers.routers, *policy_trials.routers, *rating_policy_trials.routers,
             *covers.routers, *claims.routers, *authorization_list.routers, *decisions.routers,
             *approvals.routers),
            CHECKS, CONFLICTS, head_of("credit_svc")),
        settings, clock=clock)
