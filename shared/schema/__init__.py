"""The tables, as the contract between the services."""
