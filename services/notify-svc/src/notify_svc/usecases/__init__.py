"""One verb of reminding a file: load, decide, save, emit."""
