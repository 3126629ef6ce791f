"""The deployables: API, redirector, worker; and what runs them together."""
