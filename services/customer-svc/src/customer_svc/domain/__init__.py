"""The rules of the customer archive: standard library and kernel only."""
