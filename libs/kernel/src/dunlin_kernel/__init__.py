"""What the rules of Dunlin stand on: money, dates, ids, errors. Standard library only."""
