"""Rules that only the API has; no framework, no I/O."""
