"""SQL that the redirector and its recorder run."""
