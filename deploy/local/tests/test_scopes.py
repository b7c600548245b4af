"""The issuer knows every scope that an operation asks for."""

from dunlin_local.documents import committed
from dunlin_local.scopes import NOTIFY_SCOPES, OPERATOR_SCOPES, TENANT_SCOPES

NO_OPERATION_ASKS_FOR = {"tenants:act"}
OF_BOTH = {"parked:read", "parked:write"}
"""A tenant sees its own streams that stand still, an operator those of all."""


def test_every_scope_that_is_asked_for_can_be_given() -> None:
    paths = [path for document in committed().values() for path in document["paths"].values()]
    ways = [way for path in paths for operation in path.values() for way in operation.get("security", [])]
    asked = {scope for way in ways for scopes in way.values() for scope in scopes}
    assert {"customers:read", "invoices:write", "credit:read", "reminders:read"} <= asked
    assert asked <= {*TENANT_SCOPES, *OPERATOR_SCOPES}
    assert {*NOTIFY_SCOPES} <= asked | NO_OPERATION_ASKS_FOR
    assert {*TENANT_SCOPES} & {*OPERATOR_SCOPES, *NO_OPERATION_ASKS_FOR} == OF_BOTH
