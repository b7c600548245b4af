"""Whose a group is: of those who answer for its members."""

from collections.abc import Collection

from pydantic import Field

from dunlin_kit.staff import Whose

GroupOwners = Field(description="Who answers for members of the group.")


def standing_in_for_group(asked: Whose, owner_codes: Collection[str]) -> str | None:
    """Of those who answer for a group's members, the one for whom the asker stands in; None where it is one itself."""
    if asked.asker is None or asked.asker in owner_codes:
        return None
    return next((code for code in owner_codes if code in (asked.codes or ())), None)
