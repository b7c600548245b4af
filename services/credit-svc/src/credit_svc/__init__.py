"""credit-svc: limits, exposure, available credit and authorisations; the only one who says who may buy on credit."""
