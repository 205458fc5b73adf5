"""Where a flow's nodes and arrows stand in a drawing, from left to right. Pure geometry; a template draws it.

The usual steps for layered graphs (Sugiyama, Tagawa and Toda 1981): set ways back aside, put each node one layer
behind the farthest that leads to it, bend long arrows at every layer, order the layers so that few arrows cross.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise

from appliance.callcenter.ivr.model import Flow, targets

NODE_WIDTH = 152
NODE_HEIGHT = 62
GAP_X = 72
GAP_Y = 22
BEND_HEIGHT = 22
MARGIN = 16
SWEEPS = 8


@dataclass(frozen=True)
class Box:
    node: str
    x: float
    y: float
    back: tuple[tuple[str, str], ...]
    """(key, node) of ways to an earlier node: written, not drawn."""


@dataclass(frozen=True)
class Arrow:
    source: str
    target: str
    keys: tuple[str, ...]
    path: str
    """SVG path data."""
    label_x: float
    label_y: float


@dataclass(frozen=True)
class Drawing:
    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    unreachable: tuple[str, ...]


type Edges = dict[tuple[str, str], list[str]]
type Layers = list[list[str]]


def draw(flow: Flow) -> Drawing:
    """Lay the flow out. Nodes that nothing leads to are listed, not drawn."""
    forward, back, reachable = _sort_edges(flow)
    layer_of = _layer_of(flow, forward, reachable)
    chains, layers = _with_bends(forward, layer_of)
    layers = _ordered(layers, chains)
    places = _places(layers, chains)
    boxes = tuple(
        Box(node, *places[node], back=tuple((key, target) for (_, target), keys in edges.items() for key in keys))
        for node in flow.nodes
        if node in reachable
        for edges in [{edge: keys for edge, keys in back.items() if edge[0] == node}]
    )
    arrows = tuple(_arrow(edge, forward[edge], chain, places) for edge, chain in chains.items())
    unreachable = tuple(node for node in flow.nodes if node not in reachable)
    width = max(box.x for box in boxes) + NODE_WIDTH + MARGIN
    height = max(y + NODE_HEIGHT for _, y in places.values()) + MARGIN
    return Drawing(width, height, boxes, arrows, unreachable)


def _sort_edges(flow: Flow) -> tuple[Edges, Edges, set[str]]:
    """Ways forward, ways back to a node on the way there, and the nodes that can be reached at all."""
    forward: Edges = defaultdict(list)
    back: Edges = defaultdict(list)
    done: set[str] = set()
    open_nodes: list[str] = []

    def visit(node: str) -> None:
        open_nodes.append(node)
        for key, target in targets(flow.nodes[node]):
            if target in open_nodes:
                back[node, target].append(key)
                continue
            forward[node, target].append(key)
            if target not in done:
                visit(target)
        open_nodes.pop()
        done.add(node)

    visit(flow.start)
    if flow.operator and flow.operator not in done:
        visit(flow.operator)
    return dict(forward), dict(back), done


def _layer_of(flow: Flow, forward: Edges, reachable: set[str]) -> dict[str, int]:
    """Length of the longest way to each node."""
    layer = dict.fromkeys((node for node in flow.nodes if node in reachable), 0)
    for _ in layer:
        moved = False
        for source, target in forward:
            if layer[target] <= layer[source]:
                layer[target] = layer[source] + 1
                moved = True
        if not moved:
            break
    return layer


def _with_bends(forward: Edges, layer_of: dict[str, int]) -> tuple[dict[tuple[str, str], list[str]], Layers]:
    """For each arrow the points it passes (its nodes, and a bend in every layer between), and what is in each layer."""
    layers: Layers = [[] for _ in range(max(layer_of.values()) + 1)]
    for node, layer in layer_of.items():
        layers[layer].append(node)
    chains = {}
    for source, target in forward:
        chain = [source]
        for layer in range(layer_of[source] + 1, layer_of[target]):
            bend = f"{source}→{target}@{layer}"
            layers[layer].append(bend)
            chain.append(bend)
        chains[source, target] = [*chain, target]
    return chains, layers


def _neighbours(chains: dict[tuple[str, str], list[str]]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    before: dict[str, list[str]] = defaultdict(list)
    after: dict[str, list[str]] = defaultdict(list)
    for chain in chains.values():
        for left, right in pairwise(chain):
            after[left].append(right)
            before[right].append(left)
    return before, after


def _ordered(layers: Layers, chains: dict[tuple[str, str], list[str]]) -> Layers:
    """Each layer sorted by the mean place of its neighbours, sweeping there and back a few times."""
    before, after = _neighbours(chains)
    place = {point: float(index) for layer in layers for index, point in enumerate(layer)}
    for sweep in range(SWEEPS):
        there = sweep % 2 == 0
        near = before if there else after
        for layer in layers if there else reversed(layers):
            layer.sort(key=lambda point: _mean([place[other] for other in near[point]], place[point]))
            place.update({point: float(index) for index, point in enumerate(layer)})
    return layers


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _height(point: str) -> int:
    return BEND_HEIGHT if "→" in point else NODE_HEIGHT


def _places(layers: Layers, chains: dict[tuple[str, str], list[str]]) -> dict[str, tuple[float, float]]:
    """Top left corner of every node and bend: as near to its neighbours' height as its layer's order allows."""
    before, after = _neighbours(chains)
    centre: dict[str, float] = {}
    for layer in layers:
        _stack(layer, centre, {})
    for sweep in range(SWEEPS):
        near = before if sweep % 2 == 0 else after
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wanted = {point: _mean([centre[other] for other in near[point]], centre[point]) for point in layer}
            _stack(layer, centre, wanted)
    top = min(centre[point] - _height(point) / 2 for point in centre)
    return {
        point: (
            MARGIN + index * (NODE_WIDTH + GAP_X),
            centre[point] - _height(point) / 2 - top + MARGIN,
        )
        for index, layer in enumerate(layers)
        for point in layer
    }


def _stack(layer: list[str], centre: dict[str, float], wanted: dict[str, float]) -> None:
    """Put the layer's points below one another without overlap, then shift them so that the mean wish is met."""
    edge = float("-inf")
    for point in layer:
        half = _height(point) / 2
        centre[point] = max(wanted.get(point, 0.0), edge + half)
        edge = centre[point] + half + GAP_Y
    shift = _mean([wanted.get(point, centre[point]) - centre[point] for point in layer], 0.0)
    for point in layer:
        centre[point] += shift


def _arrow(edge: tuple[str, str], keys: list[str], chain: list[str], places: dict[str, tuple[float, float]]) -> Arrow:
    points = [(places[chain[0]][0] + NODE_WIDTH, places[chain[0]][1] + NODE_HEIGHT / 2)]
    for bend in chain[1:-1]:
        x, y = places[bend]
        points += [(x, y + BEND_HEIGHT / 2), (x + NODE_WIDTH, y + BEND_HEIGHT / 2)]
    points.append((places[chain[-1]][0] - 4, places[chain[-1]][1] + NODE_HEIGHT / 2))
    path = f"M{points[0][0]:.0f},{points[0][1]:.0f}"
    for (x1, y1), (x2, y2) in pairwise(points):
        middle = (x1 + x2) / 2
        path += f" C{middle:.0f},{y1:.0f} {middle:.0f},{y2:.0f} {x2:.0f},{y2:.0f}"
    (x1, y1), (x2, y2) = points[0], points[1]
    # The label stands on the first curve at 0.6 of its parameter.
    return Arrow(*edge, keys=tuple(keys), path=path, label_x=x1 + (x2 - x1) * 0.576, label_y=y1 + (y2 - y1) * 0.648)
