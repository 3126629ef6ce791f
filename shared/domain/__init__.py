"""Plain values and rules: no framework, no I/O."""
