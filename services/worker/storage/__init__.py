"""SQL that only the worker runs."""
