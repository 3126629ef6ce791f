"""The native API: one module a resource, over the operations."""
