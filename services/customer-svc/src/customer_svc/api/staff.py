"""Routes of staff: entered, changed, away; and who answers for a customer today."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from customer_svc import usecases
from customer_svc.api.customer_shapes import CustomerRead
from customer_svc.api.staff_shapes import (
    CustomerOwnerRead,
    CustomerOwnerUpdate,
    CustomersAssign,
    CustomersAssignedRead,
    StaffAbsenceCreate,
    StaffAbsenceList,
    StaffAbsenceRead,
    StaffCreate,
    StaffPage,
    StaffRead,
    StaffUpdate,
)
from customer_svc.domain.staff import Staff
from customer_svc.store import staff
from dunlin_kernel.ids import CustomerId, StaffId
from dunlin_kit import pages, versions
from dunlin_kit.auth import requires
from dunlin_kit.pages import Limit, Paging
from dunlin_kit.problems import refuses
from dunlin_kit.told_headers import Made, Tagged
from dunlin_kit.versions import IfMatch, set_etag
from dunlin_kit.write_route import ReadRoute, Tx, WriteRoute

writes = APIRouter(prefix="/customer/v1", route_class=WriteRoute, tags=["staff"])
router = APIRouter(prefix="/customer/v1", route_class=ReadRoute, tags=["staff"])
MAY_READ, MAY_WRITE = requires("contacts:read"), requires("contacts:write")
NO_STAFF = refuses("staff_not_found", status=404)
BAD = ("invalid_request", "bad_contact_name", "bad_email", "bad_phone", "own_deputy")


@router.get("/staff", dependencies=[MAY_READ], responses=pages.RESPONSES)
async def list_staff(tx: Tx, response: Response, cursor: Paging, limit: Limit = pages.DEFAULT_LIMIT) -> StaffPage:
    """Staff by code."""
    return StaffPage(
        **cursor.page(response, await staff.page(tx, cursor.after, limit), limit, lambda one: [one.code], StaffRead.of))


@router.get("/staff/{staff_id}", dependencies=[MAY_READ], responses=NO_STAFF)
async def get_staff(staff_id: UUID, tx: Tx, response: Tagged) -> StaffRead:
    """One member of staff."""
    return _answer(await staff.get(tx, StaffId(staff_id)), response)


@writes.post("/staff", status_code=201, dependencies=[MAY_WRITE],
             responses=NO_STAFF | refuses("id_taken", "staff_code_taken", status=409)
             | refuses(*BAD, "bad_customer_number"))
async def add_staff(body: StaffCreate, tx: Tx, response: Made) -> StaffRead:
    """Enter a member of staff, to answer for customers and to stand in for others."""
    added = await usecases.add_staff(tx, body.to_staff())
    response.headers["Location"] = f"/customer/v1/staff/{added.id}"
    return _answer(added, response)


@writes.patch("/staff/{staff_id}", dependencies=[MAY_WRITE],
              responses=NO_STAFF | versions.RESPONSES | refuses(*BAD))
async def change_staff(staff_id: UUID, body: StaffUpdate, seen: IfMatch, tx: Tx, response: Tagged) -> StaffRead:
    """Change a member of staff: what is left out stays, null clears."""
    return _answer(await usecases.change_staff(tx, StaffId(staff_id), seen=seen, change=body.to_change()), response)


@router.get("/staff/{staff_id}/absences", dependencies=[MAY_READ], responses=NO_STAFF)
async def list_absences(staff_id: UUID, tx: Tx) -> StaffAbsenceList:
    """When a member of staff is away, the earliest first."""
    one = await staff.get(tx, StaffId(staff_id))
    return StaffAbsenceList(data=[StaffAbsenceRead.of(absence) for absence in await staff.absences_of(tx, one.id)])


@writes.post("/staff/{staff_id}/absences", status_code=201, dependencies=[MAY_WRITE],
             responses=NO_STAFF | refuses("invalid_request", "bad_absence"))
async def add_absence(staff_id: UUID, body: StaffAbsenceCreate, tx: Tx) -> StaffAbsenceRead:
    """Say when a member of staff is away: the deputy acts on those days."""
    return StaffAbsenceRead.of(await usecases.add_absence(tx, body.to_absence(StaffId(staff_id))))


@writes.delete("/staff/{staff_id}/absences/{absence_id}", status_code=204, dependencies=[MAY_WRITE],
               responses=refuses("staff_not_found", "absence_not_found", status=404) | refuses("invalid_request"))
async def remove_absence(staff_id: UUID, absence_id: UUID, tx: Tx) -> None:
    """Take an absence back."""
    await usecases.remove_absence(tx, StaffId(staff_id), absence_id)


@router.get("/customers/{customer_id}/owner", dependencies=[MAY_READ],
            responses=refuses("customer_not_found", status=404))
async def get_owner(customer_id: UUID, tx: Tx) -> CustomerOwnerRead:
    """Who answers for a customer, and who acts today: asked before each message to them."""
    return CustomerOwnerRead.of(await usecases.get_owner(tx, CustomerId(customer_id)))


@writes.put("/customers/{customer_id}/owner", dependencies=[requires("customers:write")],
            responses=refuses("customer_not_found", "staff_not_found", status=404) | versions.RESPONSES
            | refuses("customer_closed", status=409) | refuses("invalid_request"))
async def change_owner(
    customer_id: UUID, body: CustomerOwnerUpdate, seen: IfMatch, tx: Tx, response: Tagged
) -> CustomerRead:
    """Say who answers for a customer from now on; null for nobody."""
    owner_id = StaffId(body.owner_id) if body.owner_id else None
    customer = await usecases.change_owner(tx, CustomerId(customer_id), seen=seen, owner_id=owner_id)
    set_etag(response, customer.version)
    return CustomerRead.of(customer)


@writes.post("/customers:assign", dependencies=[requires("customers:write")],
             responses=NO_STAFF | refuses("invalid_request"))
async def assign_customers(body: CustomersAssign, tx: Tx) -> CustomersAssignedRead:
    """Give many customers to a member of staff, such as all of a class, or those of one who is gone.

    Whatever version each has: what else is said of them stays.
    """
    owner_id = StaffId(body.owner_id) if body.owner_id else None
    return CustomersAssignedRead.of(await usecases.assign_customers(tx, body.to_ids(), owner_id))


def _answer(one: Staff, response: Response) -> StaffRead:
    set_etag(response, one.version)
    return StaffRead.of(one)
