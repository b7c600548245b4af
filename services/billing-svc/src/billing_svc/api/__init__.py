"""Wire shapes and routes."""
