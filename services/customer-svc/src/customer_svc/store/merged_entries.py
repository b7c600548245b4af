"""Entries that were merged: which belong to a customer, and who goes on for each, as parts of recursive statements.

For one entry, `goes_on_for(entry)` of the database says who goes on.
"""

ENTRIES = """entry AS (
  SELECT CAST(:customer_id AS uuid) AS customer_id, 0 AS depth
  UNION SELECT c.id, e.depth + 1 FROM customer c JOIN entry e ON c.merged_into = e.customer_id)"""
"""A customer and all entries that were merged into it, with how many mergers lie between."""
GOES_ON = """way AS (
  SELECT id, merged_into AS at FROM customer WHERE merged_into IS NOT NULL
  UNION SELECT w.id, c.merged_into FROM way w JOIN customer c ON c.id = w.at WHERE c.merged_into IS NOT NULL),
goes_on AS (
  SELECT w.id AS customer_id, w.at AS into_id FROM way w JOIN customer c ON c.id = w.at WHERE c.merged_into IS NULL)"""
"""Who goes on, at the end of the way, for each entry that was merged."""
