"""The SQL that the command line alone runs."""
