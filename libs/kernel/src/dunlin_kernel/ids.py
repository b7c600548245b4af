"""Ids: UUIDv7 (RFC 9562), ordered by the time they were made, and one type per thing."""

import secrets
import threading
import time
from typing import NewType
from uuid import UUID, SafeUUID

TenantId = NewType("TenantId", UUID)
CustomerId = NewType("CustomerId", UUID)
ContactId = NewType("ContactId", UUID)
AddressId = NewType("AddressId", UUID)
GroupId = NewType("GroupId", UUID)
StaffId = NewType("StaffId", UUID)
InvoiceId = NewType("InvoiceId", UUID)
ItemId = NewType("ItemId", UUID)
PaymentId = NewType("PaymentId", UUID)
AllocationId = NewType("AllocationId", UUID)
AuthorizationId = NewType("AuthorizationId", UUID)

NIL = UUID(int=0)
_new, _put_number, _put_safety = object.__new__, vars(UUID)["int"].__set__, vars(UUID)["is_safe"].__set__
"""The constructor of UUID spends most of its time on telling apart what it may be given."""
_lock = threading.Lock()
_last = 0


def new_id() -> UUID:
    """A UUIDv7: 48 bits of milliseconds, 12 bits that count within one, 62 random bits; ascending in a process."""
    global _last
    with _lock:
        stamp = time.time_ns() // 1_000_000 << 12
        if stamp <= _last:
            stamp = _last + 1
        _last = stamp
    random = int.from_bytes(secrets.token_bytes(8), "big") >> 2
    made = _new(UUID)
    _put_number(made, (stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64 | 0b10 << 62 | random)
    _put_safety(made, SafeUUID.unknown)
    return made
