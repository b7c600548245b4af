"""The scopes that the services' operations ask for, and which of them each kind of client may be given."""

TENANT_SCOPES = (
    "accounts:read",
    "authorizations:read",
    "authorizations:write",
    "clock:read",
    "clock:write",
    "contacts:read",
    "contacts:write",
    "credit:read",
    "credit:write",
    "customers:read",
    "customers:write",
    "events:read",
    "imports:read",
    "imports:write",
    "integrity:read",
    "invoices:read",
    "invoices:write",
    "items:read",
    "journal:read",
    "operations:read",
    "payments:read",
    "payments:write",
    "periods:write",
    "reminders:read",
    "reminders:write",
    "reports:read",
    "tenants:read",
)
OPERATOR_SCOPES = ("tenants:write",)
NOTIFY_SCOPES = ("contacts:read", "items:read", "tenants:act")
