"""Draws docs/arena.svg, the picture in the README: a moment of a real match of bots. Run: python docs/picture.py"""

from __future__ import annotations

import math
from pathlib import Path

from gameserver.core.audience import EVERYONE, owner, part_of
from gameserver.core.messages import Snapshot
from gameserver.core.parts import Parts, Viewer
from gameserver.core.replica import Replica
from gameserver.core.simulation import Join, Simulation
from gameserver.core.wire import decode_server, encode_head
from gameserver.games.arena import Arena
from gameserver.games.arena.brain import ArenaBrain
from gameserver.games.arena.state import Shell, Tank
from gameserver.maps import load_map

TRACK = '<rect x="-14" y="{}" width="28" height="5" rx="2" fill="#0006"/>'
TANKS = 10
SECONDS = 40
COLOURS = ("#e4572e", "#17bebb", "#ffc914", "#76b041", "#8f5fe8", "#ff8fa3", "#3fa7d6", "#f2a65a", "#59c9a5", "#d64550")
NAMES = ("ada", "grace", "linus", "guido", "barbara", "ken", "margaret", "dennis", "edsger", "hedy")


def play() -> Replica:
    """A seeded match; returns the world as the first player sees it at its end."""
    tile_map, _ = load_map("field")
    simulation = Simulation(Arena, tile_map=tile_map, seed=7)
    parts = Parts(Arena.schema)
    players = range(1, TANKS + 1)
    replicas = {player: Replica(Arena.schema) for player in players}
    viewers = {player: Viewer() for player in players}
    brains = {player: ArenaBrain(Arena.schema, tile_map, player) for player in players}
    inputs = {player: Arena.schema.input.neutral() for player in players}
    for tick in range(1, SECONDS * Arena.tick_rate):
        simulation.step([Join(player, NAMES[player - 1]) for player in players] if tick == 1 else [], inputs)
        parts.commit(tick, simulation.contents())
        for player in players:
            draft = parts.draft(viewers[player], (part_of(EVERYONE), part_of(owner(player))))
            frame = b"".join([encode_head(0, tick, 0, None, None, None, len(draft.fragments)), *draft.fragments])
            viewers[player].commit(draft)
            (snapshot,) = decode_server(frame)
            assert isinstance(snapshot, Snapshot)
            replicas[player].apply(0, tick, (), (), snapshot.fragments)
            if tick % 3 == 0:
                inputs[player] = brains[player].think(replicas[player], player)
    return replicas[1]


def draw(view: Replica) -> str:
    """The whole map with everyone on it, as SVG."""
    tile_map, _ = load_map("field")
    size = tile_map.tile_size
    width, height = tile_map.width * size, tile_map.height * size
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="ui-monospace, monospace">',
        f'<rect width="{width}" height="{height}" fill="#20242c"/>',
    ]
    for row in range(tile_map.height):
        for column in range(tile_map.width):
            if tile_map.solid_at(column, row):
                x, y = column * size, row * size
                lines.append(f'<rect x="{x}" y="{y}" width="{size}" height="{size}" fill="#454c5b"/>')
                if not tile_map.solid_at(column, row + 1):
                    lines.append(f'<rect x="{x}" y="{y + size - 7}" width="{size}" height="7" fill="#333947"/>')
    players = {player.owner: player for player in view.players()}
    for shell in view.all(Shell):
        angle = shell.heading / 256 * math.tau
        back = f'x2="{shell.x - 22 * math.cos(angle):.0f}" y2="{shell.y - 22 * math.sin(angle):.0f}"'
        lines.append(f'<line x1="{shell.x:.0f}" y1="{shell.y:.0f}" {back} stroke="#ffd" stroke-opacity=".35" stroke-width="3"/>')
        lines.append(f'<circle cx="{shell.x:.0f}" cy="{shell.y:.0f}" r="4.5" fill="#fff6d5"/>')
    for tank in view.all(Tank):
        lines += draw_tank(tank, players[tank.owner].name)
    ranking = sorted(players.values(), key=lambda player: -player.score)[:5]
    for place, player in enumerate(ranking):
        colour = COLOURS[(player.owner - 1) % len(COLOURS)]
        text = f"{player.score:>3}  {player.name}"
        lines.append(f'<text x="424" y="{64 + 24 * place}" font-size="19" fill="{colour}" xml:space="preserve">{text}</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def draw_tank(tank: Tank, name: str) -> list[str]:
    """Hull, turret, name and health; a wreck is grey."""
    colour = COLOURS[(tank.owner - 1) % len(COLOURS)] if tank.health else "#5a5f6a"
    place = f"translate({tank.x:.0f} {tank.y:.0f})"
    hull = f'<g transform="{place} rotate({tank.heading / 256 * 360:.0f})">'
    lines = [
        hull
        + f'<rect x="-14" y="-12" width="28" height="24" rx="5" fill="{colour}"/>'
        + TRACK.format(-12)
        + TRACK.format(7)
        + "</g>",
        f'<g transform="{place} rotate({tank.aim / 256 * 360:.0f})"><rect y="-3" width="20" height="6" rx="2" fill="#11151c"/>'
        '<circle r="7.5" fill="#11151c"/></g>',
    ]
    if tank.health:
        lines.append(f'<text x="{tank.x:.0f}" y="{tank.y - 25:.0f}" font-size="13" fill="#dde" text-anchor="middle">{name}</text>')
        lines.append(f'<rect x="{tank.x - 15:.0f}" y="{tank.y - 21:.0f}" width="30" height="3" fill="#0008"/>')
        lines.append(
            f'<rect x="{tank.x - 15:.0f}" y="{tank.y - 21:.0f}" width="{tank.health * 0.3:.0f}" height="3" fill="{colour}"/>'
        )
    return lines


if __name__ == "__main__":
    Path(__file__).with_name("arena.svg").write_text(draw(play()))
