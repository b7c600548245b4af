"""Wire shapes and routes: no rule, no SQL."""
