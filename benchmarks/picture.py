"""The picture of cost against size, as SVG: both axes in powers of ten, so that ten times the cost of ten times the
members is a line that rises by one square."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 760, 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 220, 24, 48
_COLOURS = ("#7a1f3d", "#1f5f7a", "#3d7a1f", "#b3640a", "#5b3fa0", "#127a6b")
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #2d2a26 }
.grid { stroke: #d9d4cc }
.even { stroke: #8a857d; stroke-dasharray: 5 5 }
@media (prefers-color-scheme: dark) {
  text { fill: #e8e4dc } .grid { stroke: #47433d } path, circle, .label { filter: brightness(1.7) }
}
"""

Costs = Mapping[str, Mapping[int, float]]


def drawn(costs: Costs) -> str:
    """Return the picture of seconds by title and size."""
    sizes = [size for at in costs.values() for size in at] or [1]
    seconds = [value for at in costs.values() for value in at.values()] or [1.0]
    plane = _Plane(_decades(sizes), _decades(seconds))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>Seconds against members</title>",
        f"<style>{_STYLE}</style>",
        *plane.grid(),
        *_even(plane),
    ]
    ends = _apart([plane.y(_last(at)) for at in costs.values()])
    for number, ((title, at), end) in enumerate(zip(costs.items(), ends, strict=True)):
        parts += _line(plane, title, at, _COLOURS[number % len(_COLOURS)], end)
    return "\n".join([*parts, "</svg>", ""])


class _Plane:
    def __init__(self, across: tuple[int, int], up: tuple[int, int]) -> None:
        self.across, self.up = across, up

    def x(self, size: float) -> float:
        low, high = self.across
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * (math.log10(size) - low) / (high - low)

    def y(self, seconds: float) -> float:
        low, high = self.up
        return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * (math.log10(seconds) - low) / (high - low)

    def grid(self) -> list[str]:
        right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM
        parts = []
        for power in range(self.across[0], self.across[1] + 1):
            x = self.x(10**power)
            parts.append(f'<line class="grid" x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{bottom}"/>')
            parts.append(f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{10**power:,}</text>')
        for power in range(self.up[0], self.up[1] + 1):
            y = self.y(10**power)
            parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>')
            parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g} s</text>')
        parts.append(f'<text x="{(_LEFT + right) / 2:.1f}" y="{HEIGHT - 8}" text-anchor="middle">members</text>')
        return parts


def _even(plane: _Plane) -> list[str]:
    """Return the line of what costs ten times for ten times the members, through the lower left corner."""
    (left, right), (low, high) = plane.across, plane.up
    steps = min(right - left, high - low)
    x, y = plane.x(10 ** (left + steps)), plane.y(10.0 ** (low + steps))
    start = f'x1="{plane.x(10**left):.1f}" y1="{plane.y(10.0**low):.1f}"'
    return [f'<line class="even" {start} x2="{x:.1f}" y2="{y:.1f}"/>']


def _line(plane: _Plane, title: str, at: Mapping[int, float], colour: str, end: float) -> list[str]:
    points = [(plane.x(size), plane.y(value)) for size, value in sorted(at.items())]
    way = " L ".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in points]
    x = points[-1][0] + 10
    label = f'<text class="label" x="{x:.1f}" y="{end + 4:.1f}" style="fill:{colour}">{escape(title)}</text>'
    return [f'<path d="M {way}" fill="none" stroke="{colour}" stroke-width="2"/>', *dots, label]


def _last(at: Mapping[int, float]) -> float:
    return at[max(at)]


def _apart(heights: Sequence[float], room: float = 17) -> list[float]:
    """Return heights of labels that do not lie upon each other, in the order given."""
    found = list(heights)
    order = sorted(range(len(found)), key=lambda place: found[place])
    for before, after in itertools.pairwise(order):
        found[after] = max(found[after], found[before] + room)
    return found


def _decades(values: Sequence[float]) -> tuple[int, int]:
    positive = [value for value in values if value > 0] or [1.0]
    low, high = math.floor(math.log10(min(positive))), math.ceil(math.log10(max(positive)))
    return low, max(high, low + 1)
