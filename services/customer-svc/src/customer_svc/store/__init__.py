"""Tables and statements: rows in, things of the trade out."""
