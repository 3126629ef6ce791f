"""The command line: run it all locally, show it, and administer accounts."""
