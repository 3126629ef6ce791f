"""SQL that two or more services run."""
