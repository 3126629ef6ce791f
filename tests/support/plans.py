"""What Postgres says of how it runs a statement."""

from typing import Any


def message_scans(node: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the scans of message in a plan, from one of its nodes down."""
    found = [scan for child in node.get("Plans", []) for scan in message_scans(child)]
    is_scan = str(node.get("Relation Name", "")).startswith("message_")
    return [node, *found] if is_scan and "Scan" in node["Node Type"] else found
