"""Shapes for maps out of the files of npm packages: projected, rounded, by code or name.

What comes out depends on what goes in alone, so that it is held to a digest as the files are.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import radians
from typing import Any

from babel.core import get_global

Point = tuple[float, float]
Ring = Sequence[tuple[int, int]]

WORLD_WIDTH = 1000
# The map is cut in the Bering Strait, where no land is torn apart.
WEST = -168.5
CENTRE = WEST + 180
# Where the northernmost land ends, and South America.
NORTH, SOUTH = 84.0, -56.5
# Of the files' countries without a number, whose they are here.
WITHOUT_NUMBER = {"Kosovo": "XK", "N. Cyprus": "CY", "Somaliland": "SO"}
ANTARCTICA = "AQ"
# Units of a map of states for each of the file's.
STATE_SCALE = 1.5
DADRA = "Dadra and Nagar Haveli and Daman and Diu"
# Two territories have been one since 2020.
JOINED = {"Dadra and Nagar Haveli": DADRA, "Daman and Diu": DADRA}
# What is less than that across is drawn as a dot, to be seen at all.
SMALLEST = 7
SVG_SHAPE = re.compile(r'aria-label="([^"]+)"\s+d="([^"]+)"')
LINES, CLOSED = "mlML", "z"
SVG_TOKEN = re.compile(r"[mlzML]|-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?")


def draw_countries(octets: bytes) -> bytes:
    """Draw the countries of a world-atlas file, by their codes of two letters."""
    topology = json.loads(octets)
    arcs = list(_arcs(topology))
    left, top = _project((WEST, 0.0))[0], _project((CENTRE, NORTH))[1]
    scale = WORLD_WIDTH / (-2 * left)
    rings: dict[str, list[Ring]] = {}
    for country in topology["objects"]["countries"]["geometries"]:
        code = _code(country)
        if code == ANTARCTICA:
            continue
        polygons = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
        for indices in (ring for polygon in polygons for ring in polygon):
            points = map(_project, _points(arcs, indices))
            rings.setdefault(code, []).append(
                _rounded(((x - left) * scale, (y - top) * scale) for x, y in points)
            )
    height = round((_project((CENTRE, SOUTH))[1] - top) * scale)
    return _written(WORLD_WIDTH, height, rings)


def draw_states(octets: bytes) -> bytes:
    """Draw the states of an svg-maps file, by their names."""
    text = octets.decode()
    (box,) = re.findall(r'viewBox="0 0 (\d+) (\d+)"', text)
    rings: dict[str, list[Ring]] = {}
    for name, path in SVG_SHAPE.findall(text):
        for points in _rings_of_path(path):
            ring = _rounded((x * STATE_SCALE, y * STATE_SCALE) for x, y in points)
            rings.setdefault(JOINED.get(name, name), []).append(ring)
    width, height = (round(int(side) * STATE_SCALE) for side in box)
    return _written(width, height, rings)


# The files here that are drawn, and how.
DRAWN: Mapping[str, Callable[[bytes], bytes]] = {
    "world.json": draw_countries,
    "india.json": draw_states,
}


def _code(country: Mapping[str, Any]) -> str:
    name = country["properties"]["name"]
    if name in WITHOUT_NUMBER:
        return WITHOUT_NUMBER[name]
    (code,) = get_global("territory_aliases")[country["id"]]
    return str(code)


def _arcs(topology: Mapping[str, Any]) -> Iterable[list[Point]]:
    (x_scale, y_scale), (x_shift, y_shift) = topology["transform"].values()
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for x_step, y_step in arc:
            x, y = x + x_step, y + y_step
            points.append((x * x_scale + x_shift, y * y_scale + y_shift))
        yield points


def _points(arcs: Sequence[list[Point]], indices: Sequence[int]) -> Iterable[Point]:
    # TopoJSON: of a negative index, the arc of its complement from its end.
    for index in indices:
        yield from arcs[index] if index >= 0 else reversed(arcs[~index])


def _project(point: Point) -> Point:
    """Project degrees as Natural Earth's projection does, y downwards (Šavrič et al., 2011)."""
    longitude = radians((point[0] - WEST) % 360 + WEST - CENTRE)
    latitude = radians(point[1])
    p2 = latitude * latitude
    p4 = p2 * p2
    x = 0.8707 - 0.131979 * p2 + p4 * (-0.013791 + p4 * (0.003971 * p2 - 0.001529 * p4))
    y = 1.007226 + p2 * (0.015085 + p4 * (-0.044475 + 0.028874 * p2 - 0.005916 * p4))
    return longitude * x, -latitude * y


def _rings_of_path(path: str) -> Iterable[list[Point]]:
    points: list[Point] = []
    x = y = 0.0
    is_relative = True
    tokens = iter(SVG_TOKEN.findall(path))
    for token in tokens:
        if token in LINES:
            is_relative = token.islower()
        elif token == CLOSED:
            yield points
            x, y = points[0]
            points = []
        else:
            to_x, to_y = float(token), float(next(tokens))
            x, y = (x + to_x, y + to_y) if is_relative else (to_x, to_y)
            points.append((x, y))


def _rounded(points: Iterable[Point]) -> Ring:
    """Round before anything is left out, so that neighbours keep their common border."""
    ring: list[tuple[int, int]] = []
    for x, y in points:
        point = round(x), round(y)
        if not ring or point != ring[-1]:
            ring.append(point)
    return ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring


def _written(width: int, height: int, rings: Mapping[str, Sequence[Ring]]) -> bytes:
    shapes = {code: _path(rings[code]) for code in sorted(rings)}
    drawn = {"width": width, "height": height, "shapes": shapes}
    return (json.dumps(drawn, indent=0) + "\n").encode()


def _path(rings: Sequence[Ring]) -> str:
    areas = [ring for ring in rings if len(ring) > len(("a", "line"))]
    points = [point for ring in areas or rings for point in ring]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    if max(max(xs) - min(xs), max(ys) - min(ys)) < SMALLEST:
        return _dot((min(xs) + max(xs)) // 2, (min(ys) + max(ys)) // 2)
    return "".join(map(_ring, areas))


def _dot(x: int, y: int) -> str:
    radius = SMALLEST // 2 + 1
    half = f"a{radius} {radius} 0 1 0"
    return f"m{x - radius} {y}{half} {2 * radius} 0{half}-{2 * radius} 0z"


def _ring(ring: Ring) -> str:
    (x, y), *others = ring
    steps: list[str] = []
    for next_x, next_y in others:
        steps.append(f"{_spaced(next_x - x, first=not steps)}{_spaced(next_y - y)}")
        x, y = next_x, next_y
    return f"M{ring[0][0]} {ring[0][1]}l{''.join(steps)}z"


def _spaced(number: int, *, first: bool = False) -> str:
    return str(number) if first or number < 0 else f" {number}"
