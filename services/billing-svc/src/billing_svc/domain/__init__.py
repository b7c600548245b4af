"""The rules of the receivables ledger, pure."""
