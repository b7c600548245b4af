"""billing-svc: the receivables ledger; the only writer of every money fact."""
