"""Take sends, serve reports."""
