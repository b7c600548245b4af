"""One act a file: read, decide, keep, tell."""

from customer_svc.usecases.activate_customer import activate_customer
from customer_svc.usecases.add_contact import add_contact
from customer_svc.usecases.advance_test_clock import advance_test_clock
from customer_svc.usecases.change_contact import change_contact
from customer_svc.usecases.change_customer import change_customer
from customer_svc.usecases.change_terms import change_terms
from customer_svc.usecases.configure_tenant import configure_tenant
from customer_svc.usecases.get_addressing import get_addressing
from customer_svc.usecases.import_customers import import_customers
from customer_svc.usecases.register_customer import register_customer
from customer_svc.usecases.register_customers import register_customers
from customer_svc.usecases.remove_contact import remove_contact
from customer_svc.usecases.suspend_customer import suspend_customer

__all__ = [
    "activate_customer", "add_contact", "advance_test_clock", "change_contact", "change_customer", "change_terms",
    "configure_tenant", "get_addressing", "import_customers", "register_customer",
    "register_customers", "remove_contact", "suspend_customer",
]
