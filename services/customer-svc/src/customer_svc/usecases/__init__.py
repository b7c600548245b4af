"""One act a file: read, decide, keep, tell."""

from customer_svc.usecases.activate_customer import activate_customer
from customer_svc.usecases.add_absence import add_absence
from customer_svc.usecases.add_address import add_address
from customer_svc.usecases.add_contact import add_contact
from customer_svc.usecases.add_staff import add_staff
from customer_svc.usecases.advance_test_clock import advance_test_clock
from customer_svc.usecases.assign_customers import assign_customers
from customer_svc.usecases.change_address import change_address
from customer_svc.usecases.change_consent import change_consent
from customer_svc.usecases.change_contact import change_contact
from customer_svc.usecases.change_customer import change_customer
from customer_svc.usecases.change_customer_group import change_customer_group
from customer_svc.usecases.change_group import change_group
from customer_svc.usecases.change_owner import change_owner
from customer_svc.usecases.change_staff import change_staff
from customer_svc.usecases.change_terms import change_terms
from customer_svc.usecases.classify_customer import classify_customer
from customer_svc.usecases.close_customer import close_customer
from customer_svc.usecases.configure_tenant import configure_tenant
from customer_svc.usecases.create_group import create_group
from customer_svc.usecases.get_addressing import get_addressing
from customer_svc.usecases.get_overview import get_overview
from customer_svc.usecases.get_owner import get_owner
from customer_svc.usecases.import_customer_file import import_customer_file
from customer_svc.usecases.import_customers import import_customers
from customer_svc.usecases.list_addressings import list_addressings
from customer_svc.usecases.merge_customer import merge_customer
from customer_svc.usecases.plan_class_refresh import plan_class_refresh
from customer_svc.usecases.preview_classification import preview_classification
from customer_svc.usecases.record_interaction import record_interaction
from customer_svc.usecases.refresh_classes import refresh_classes
from customer_svc.usecases.register_customer import register_customer
from customer_svc.usecases.register_customers import register_customers
from customer_svc.usecases.remove_absence import remove_absence
from customer_svc.usecases.remove_address import remove_address
from customer_svc.usecases.remove_contact import remove_contact
from customer_svc.usecases.set_classification_rule import set_classification_rule
from customer_svc.usecases.suspend_customer import suspend_customer

__all__ = [
    "activate_customer", "add_absence", "add_address", "add_contact", "add_staff", "advance_test_clock",
    "assign_customers", "change_address", "change_consent", "change_contact", "change_customer",
    "change_customer_group", "change_group", "change_owner", "change_staff", "change_terms", "classify_customer",
    "close_customer", "configure_tenant", "create_group", "get_addressing", "get_overview", "get_owner",
    "import_customer_file", "import_customers", "list_addressings", "merge_customer", "plan_class_refresh",
    "preview_classification", "record_interaction", "refresh_classes", "register_customer", "register_customers",
    "remove_absence", "remove_address", "remove_contact", "set_classification_rule", "suspend_customer",
]
