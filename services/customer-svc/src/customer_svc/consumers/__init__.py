"""What other owners tell, folded into what the archive shows of one customer."""
