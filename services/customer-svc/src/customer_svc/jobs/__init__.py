"""Work that falls due by the tenant's calendar."""
