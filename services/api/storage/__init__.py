"""SQL that only the API runs."""
