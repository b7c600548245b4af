"""Values that examples of facts are made of."""

ID = "01970000-0000-7000-8000-00000000000"
"""An id but for its last digit."""


def cny(amount: str) -> dict[str, str]:
    """An amount of money in yuan."""
    return {"amount": amount, "currency": "CNY"}


def account(opened: str, unapplied: str = "0.00", disputed: str = "0.00") -> dict[str, object]:
    """The figures of an account."""
    return {"open": cny(opened), "disputed": cny(disputed), "unapplied": cny(unapplied)}
