"""One use case a module; an operation owns its transaction."""
