"""The console: pages for people, rendered here, over the same operations as the API."""
