"""The picture of the architecture, drawn from the table of tiers and flows: who opens which port of whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape

WIDTH, GAP, LINE, PADDING = 212, 58, 17, 12
WRAPPED = 30
EVERYBODY = "all"
STYLE = """\
  text { font: 12px "Helvetica Neue", Helvetica, Arial, sans-serif; fill: #33404d }
  .title { font-size: 14px; font-weight: 700; fill: #12202e }
  .tier { fill: #f2f6fb; stroke: #5f7d9c; stroke-width: 1.2 }
  .people { fill: #fff6e5; stroke: #c08a2b; stroke-width: 1.2 }
  .flow { fill: none; stroke: #5f7d9c; stroke-width: 1.6; marker-end: url(#tip) }"""
HEAD = """\
  <defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
    <path d="M0 0 L8 4 L0 8 z" fill="#5f7d9c"/></marker></defs>"""
Flows = Iterable[Mapping[str, str]]


def draw(platform: Mapping[str, Any]) -> str:
    """Return the picture as SVG: columns in the order in which a request passes, whoever watches them in the first."""
    tiers, flows = platform["platform_tiers"], platform["platform_flows"]
    # What concerns every host is written in each box.
    between = [flow for flow in flows if EVERYBODY not in (flow["from"], flow["to"])]
    columns = columns_of(tiers, between)
    boxes = placed([[(name, words(name, tiers, flows)) for name in column] for column in columns])
    height = max(box["y"] + box["height"] for box in boxes.values()) + GAP / 2
    arrows = [curve(boxes[start], boxes[end]) for start, end in pairs(between, columns)]
    size = f"{len(columns) * (WIDTH + GAP) + GAP / 2:g} {height:g}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" role="img">',
            "  <title>Tiers of the platform, and who opens which port of whom</title>",
            f"  <style>\n{STYLE}\n  </style>",
            HEAD,
            '  <rect width="100%" height="100%" fill="#fff"/>',
            *arrows,
            *(shape(name, box) for name, box in boxes.items()),
            "</svg>\n",
        ]
    )


def columns_of(tiers: Mapping[str, Any], flows: Flows) -> list[list[str]]:
    """Return tiers by their distance from `anyone`; who watches the tiers before it stands in the first column."""
    distance = {"anyone": 0}
    for _step in tiers:
        for flow in flows:
            if flow["from"] in distance:
                distance.setdefault(flow["to"], distance[flow["from"]] + 1)
    watching = {
        flow["from"]
        for flow in flows
        if flow["to"] != flow["from"] and distance.get(flow["to"], 0) < distance.get(flow["from"], len(tiers))
    }
    columns: dict[int, list[str]] = defaultdict(list)
    for name in ("anyone", *tiers):
        columns[0 if name in watching else distance.get(name, 0)].append(name)
    return [columns[number] for number in sorted(columns)]


def pairs(flows: Flows, columns: list[list[str]]) -> list[tuple[str, str]]:
    """Return who reaches whom in a later column; what a watcher asks of all tiers is written in their boxes."""
    place = {name: number for number, column in enumerate(columns) for name in column}
    found = dict.fromkeys((flow["from"], flow["to"]) for flow in flows)
    return [(a, b) for a, b in found if place[a] < place[b] and (a == "anyone" or place[a] > 0)]


def words(name: str, tiers: Mapping[str, Any], flows: Flows) -> list[str]:
    """Return the lines of a tier's box: its services, then its openings by who may use them."""
    if name == "anyone":
        return ["clients, other servers"]
    tier = tiers[name]
    services = [unit.rpartition(".")[0] for unit in tier["units"] if unit.endswith(".service")]
    lines = wrapped(", ".join(services) or "the common base")
    openings: dict[str, list[str]] = defaultdict(list)
    for flow in flows:
        if flow["to"] in (name, EVERYBODY):
            port = str(tier["ports"].get(flow["port"], flow["port"])) if "port" in flow else flow["protocol"].upper()
            openings["each other" if flow["from"] == name else flow["from"]].append(port)
    for who, ports in openings.items():
        lines += wrapped(f"{who} → {', '.join(dict.fromkeys(ports))}")
    if tier.get("listeners"):
        lines += wrapped("127.0.0.1: " + ", ".join(str(port) for port in tier["listeners"].values()))
    return lines


def wrapped(text: str) -> list[str]:
    """Return the text in lines that fit a box, broken at blanks; later lines are indented."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= WRAPPED and lines[-1].strip():
            lines.append("\u2003")
        lines[-1] += word if not lines[-1].strip() else f" {word}"
    return lines


def placed(columns: list[list[tuple[str, list[str]]]]) -> dict[str, dict[str, Any]]:
    """Return place, size and lines of each box; columns are centred on one line."""
    boxes: dict[str, dict[str, Any]] = {}
    heights = [[LINE * (len(lines) + 1) + PADDING * 2 for _name, lines in column] for column in columns]
    tallest = max(sum(column) + GAP / 2 * len(column) for column in heights)
    for number, column in enumerate(columns):
        y = (tallest - sum(heights[number]) - GAP / 2 * len(column)) / 2 + GAP / 2
        for (name, lines), height in zip(column, heights[number], strict=True):
            boxes[name] = {"x": GAP / 2 + number * (WIDTH + GAP), "y": y, "height": height, "lines": lines}
            y += height + GAP / 2
    return boxes


def curve(start: Mapping[str, Any], end: Mapping[str, Any]) -> str:
    """Return the arrow from the right side of one box to the left side of another."""
    x1, y1 = start["x"] + WIDTH, start["y"] + start["height"] / 2
    x2, y2 = end["x"], end["y"] + end["height"] / 2
    bend = GAP * 0.8
    return f'  <path class="flow" d="M{x1:g} {y1:g} C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2 - 2:g} {y2:g}"/>'


def shape(name: str, box: Mapping[str, Any]) -> str:
    """Return a box with its lines."""
    x, y = box["x"] + PADDING, box["y"] + PADDING + LINE - 4
    kind, title = ("people", "anyone") if name == "anyone" else ("tier", name)
    rectangle = f'x="{box["x"]:g}" y="{box["y"]:g}" width="{WIDTH}" height="{box["height"]}" rx="7"'
    lines = [
        f'  <text x="{x:g}" y="{y + LINE * number:g}">{escape(line)}</text>'
        for number, line in enumerate(box["lines"], start=1)
    ]
    return "\n".join(
        [
            f'  <rect class="{kind}" {rectangle}/>',
            f'  <text class="title" x="{x:g}" y="{y:g}">{escape(title)}</text>',
            *lines,
        ]
    )
