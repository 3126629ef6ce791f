"""Make small MMDB files: MaxMind DB file format 2.0, as far as these tests need it."""

from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import TypeAlias

Value: TypeAlias = "str | int | Mapping[str, Value] | list[Value]"
Child: TypeAlias = "Node | int | None"
Node: TypeAlias = list[Child]

TEXT, UINT16, UINT32, MAP, UINT64, ARRAY = 2, 5, 6, 7, 9, 11
METADATA_MARKER = b"\xab\xcd\xefMaxMind.com"
WIDE = {"build_epoch": UINT64, "node_count": UINT32}


def write_mmdb(path: Path, records: Mapping[str, Value], *, database_type: str) -> None:
    """Write a file that has a record for each network; all of one IP version."""
    root: Node = [None, None]
    data = b""
    for network, record in records.items():
        _insert(root, network, len(data))
        data += _encode(record)
    nodes = _in_order(root)
    tree = b"".join(_encode_node(node, nodes) for node in nodes)
    metadata: Value = {
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "build_epoch": 1_700_000_000,
        "database_type": database_type,
        "description": {"en": "made for a test"},
        "ip_version": ip_network(next(iter(records))).version,
        "languages": ["en"],
        "node_count": len(nodes),
        "record_size": 24,
    }
    path.write_bytes(tree + bytes(16) + data + METADATA_MARKER + _encode(metadata, UINT16))


def _insert(root: Node, network: str, offset: int) -> None:
    parsed = ip_network(network)
    width = parsed.max_prefixlen
    first = int(parsed.network_address)
    bits = [first >> (width - 1 - at) & 1 for at in range(parsed.prefixlen)]
    node = root
    for bit in bits[:-1]:
        below = node[bit]
        if not isinstance(below, list):
            below = node[bit] = [None, None]
        node = below
    node[bits[-1]] = offset


def _in_order(node: Node) -> list[Node]:
    below = [nested for child in node if isinstance(child, list) for nested in _in_order(child)]
    return [node, *below]


def _encode_node(node: Node, nodes: list[Node]) -> bytes:
    return b"".join(_encode_child(child, nodes).to_bytes(3, "big") for child in node)


def _encode_child(child: Child, nodes: list[Node]) -> int:
    if child is None:
        return len(nodes)
    if isinstance(child, int):
        return len(nodes) + 16 + child
    return next(at for at, node in enumerate(nodes) if node is child)


def _encode(value: Value, number_kind: int = UINT32) -> bytes:
    match value:
        case str():
            text = value.encode()
            return _control(TEXT, len(text)) + text
        case int():
            octets = value.to_bytes((value.bit_length() + 7) // 8, "big")
            return _control(number_kind, len(octets)) + octets
        case list():
            return _control(ARRAY, len(value)) + b"".join(_encode(item) for item in value)
        case _:
            pairs = (
                _encode(key) + _encode(item, WIDE.get(key, number_kind))
                for key, item in value.items()
            )
            return _control(MAP, len(value)) + b"".join(pairs)


def _control(kind: int, size: int) -> bytes:
    more = bytes([kind - 7]) if kind > 7 else b""
    first = 0 if more else kind << 5
    if size < 29:
        return bytes([first | size]) + more
    return bytes([first | 29]) + more + bytes([size - 29])
