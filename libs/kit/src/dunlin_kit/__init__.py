"""The I/O chassis of Dunlin's services: it knows tenants, tokens, transactions and problems, and no business thing."""
