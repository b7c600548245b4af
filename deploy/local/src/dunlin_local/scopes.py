"""The scopes that the services' operations ask for, and which of them each kind of client may be given."""

TENANT_SCOPES = (
    "account:read",
    "ageing:read",
    "authorizations:read",
    "authorizations:write",
    "contacts:read",
    "contacts:write",
    "credit:read",
    "credit:write",
    "customers:read",
    "customers:write",
    "invoices:read",
    "invoices:write",
    "items:read",
)
OPERATOR_SCOPES = ("tenants:read", "tenants:write")
NOTIFY_SCOPES = ("contacts:read", "items:read", "tenants:act")
