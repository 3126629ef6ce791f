"""What the redirector knows of links, and how it learns it."""
