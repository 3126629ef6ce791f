"""What the worker does with a job of each kind."""
