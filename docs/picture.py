"""Draws docs/arena.svg, the picture in the README: a moment of a real match of bots. Run: python -m docs.picture"""

from __future__ import annotations

import base64
import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docs import map_pictures, png
from gameserver.games.arena import Arena
from gameserver.games.arena.state import AMMO, HEALTH, SPEED, Flag, Mine, Pickup, Rules, Shell, Tank
from gameserver.games.arena.state import Match as Board
from gameserver.maps import maps_folder
from gameserver.testing import Match

if TYPE_CHECKING:
    from gameserver import Replica

MAP: Final = "forts"
BOTS: Final = 14
SEED: Final = 7
SECONDS: Final = 90
LOOK_TICKS: Final = 5
TEAMS: Final = {1: ("#e8543f", "#8f2b1e"), 2: ("#4d9bf5", "#1f4f93")}
"""Hull and tracks."""
PICKUPS: Final = {HEALTH: "#68e070", AMMO: "#fad254", SPEED: "#58dee8"}
NAMES: Final = (
    "ada", "grace", "linus", "guido", "barbara", "ken", "margaret", "dennis", "edsger", "hedy", "alan", "radia", "niklaus",
    "frances",
)  # fmt: skip
RIM: Final = "#10141a"


def play() -> Replica:
    """A seeded match; the world as a spectator sees it in the busiest of its moments."""
    match = Match(Arena, seed=SEED, map=MAP, options=Rules(mode="flags"), check=False)
    for name, seat in zip(NAMES, match.bots(BOTS, strength=3), strict=True):
        seat.client.name = name
    spectator = match.spectate()
    busiest, moment = 0.0, 0
    ticks = SECONDS * Arena.tick_rate
    for tick in range(ticks):
        match.step()
        if tick % LOOK_TICKS == 0 and tick > ticks // 3 and (busy := business(spectator.client.replica)) > busiest:
            busiest, moment = busy, match.tick
    again = Match(Arena, seed=SEED, map=MAP, options=Rules(mode="flags"), check=False)
    for name, seat in zip(NAMES, again.bots(BOTS, strength=3), strict=True):
        seat.client.name = name
    spectator = again.spectate()
    again.step(moment)
    return spectator.client.replica


def business(view: Replica) -> float:
    """How much there is to see: shots in the air, tanks that live, a flag on its way."""
    carried = sum(flag.carrier > 0 for flag in view.all(Flag))
    return len(view.all(Shell)) + 0.5 * sum(tank.health > 0 for tank in view.all(Tank)) + 8 * carried


def draw(view: Replica) -> str:
    """The whole map with everyone on it, as SVG."""
    file = maps_folder() / f"{MAP}.tmj"
    ground = map_pictures.draw(file, marked=False)
    width, height = 2 * len(ground[0]), 2 * len(ground)
    with tempfile.TemporaryDirectory() as folder:
        png.write(Path(folder) / "ground.png", ground)
        image = base64.b64encode((Path(folder) / "ground.png").read_bytes()).decode()
    names = {player.owner: player.name for player in view.players()}
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="ui-monospace, monospace">',
        f'<image width="{width}" height="{height}" href="data:image/png;base64,{image}"/>',
        *(draw_pickup(pickup) for pickup in view.all(Pickup)),
        *(draw_mine(mine) for mine in view.all(Mine)),
    ]
    carriers = {flag.carrier: flag for flag in view.all(Flag) if flag.carrier}
    lines += [draw_flag(flag, flag.x, flag.y) for flag in view.all(Flag) if not flag.carrier]
    for tank in sorted(view.all(Tank), key=lambda tank: tank.health):
        lines += draw_tank(tank, names.get(tank.owner, ""))
        if tank.owner in carriers:
            lines.append(draw_flag(carriers[tank.owner], tank.x, tank.y))
    lines += [draw_shell(shell) for shell in view.all(Shell)]
    return "\n".join([*lines, *draw_board(view, width), "</svg>"]) + "\n"


def draw_pickup(pickup: Pickup) -> str:
    place, rim = f"translate({pickup.x:.0f} {pickup.y:.0f}) rotate(45)", f'stroke="{RIM}" stroke-width="3"'
    return f'<rect transform="{place}" x="-8" y="-8" width="16" height="16" rx="3" fill="{PICKUPS[pickup.kind]}" {rim}/>'


def draw_mine(mine: Mine) -> str:
    return f'<circle cx="{mine.x:.0f}" cy="{mine.y:.0f}" r="6" fill="{RIM}" stroke="#e33" stroke-width="2"/>'


def draw_flag(flag: Flag, x: float, y: float) -> str:
    pole = '<path d="M0 8V-34" stroke="#eee" stroke-width="3"/>'
    cloth = f'<path d="M1 -34h26l-7 9 7 9h-26z" fill="{TEAMS[flag.team][0]}"/>'
    return f'<g transform="translate({x:.0f} {y:.0f})" stroke="{RIM}" stroke-width="2">{pole}{cloth}</g>'


def draw_shell(shell: Shell) -> str:
    angle = shell.heading / 256 * math.tau
    back = f'x2="{shell.x - 26 * math.cos(angle):.0f}" y2="{shell.y - 26 * math.sin(angle):.0f}"'
    return (
        f'<line x1="{shell.x:.0f}" y1="{shell.y:.0f}" {back} stroke="#ffd98a" stroke-opacity=".55" stroke-width="4"/>'
        f'<circle cx="{shell.x:.0f}" cy="{shell.y:.0f}" r="5" fill="#fff6d5"/>'
    )


def draw_tank(tank: Tank, name: str) -> list[str]:
    """Hull, turret, name and health; a wreck is dark."""
    hull, tracks = TEAMS[tank.team] if tank.health else ("#3b3f47", "#22252b")
    place = f"translate({tank.x:.0f} {tank.y:.0f})"
    rim = f'stroke="{RIM}" stroke-width="1.5"'
    track = f'<rect x="-15" y="{{}}" width="30" height="7" rx="2" fill="{tracks}"/>'
    lines = [
        f'<g transform="{place} rotate({tank.heading / 256 * 360:.0f})" {rim}>{track.format(-13)}{track.format(6)}'
        f'<rect x="-13" y="-9" width="26" height="18" rx="4" fill="{hull}"/></g>',
        f'<g transform="{place} rotate({tank.aim / 256 * 360:.0f})" {rim}>'
        f'<rect y="-3" width="22" height="6" rx="2" fill="{tracks}"/><circle r="7.5" fill="{tracks}"/></g>',
    ]
    if tank.health:
        x, y = f"{tank.x:.0f}", tank.y
        lines += [
            f'<text x="{x}" y="{y - 27:.0f}" font-size="15" fill="#fff" stroke="#10141a" stroke-width="3" paint-order="stroke" '
            f'text-anchor="middle">{name}</text>',
            f'<rect x="{tank.x - 17:.0f}" y="{y - 22:.0f}" width="34" height="4" fill="#10141a"/>',
            f'<rect x="{tank.x - 17:.0f}" y="{y - 22:.0f}" width="{tank.health * 0.34:.0f}" height="4" fill="#8be36b"/>',
        ]
    return lines


def draw_board(view: Replica, width: int) -> list[str]:
    """The score of the round, and the time that is left."""
    (board,) = view.all(Board)
    left = max(0, board.ends_tick - (view.tick or 0)) // Arena.tick_rate
    middle = width / 2
    style = 'font-size="34" font-weight="bold" text-anchor="middle"'
    return [
        f'<rect x="{middle - 150}" y="10" width="300" height="52" rx="10" fill="{RIM}e0"/>',
        f'<text x="{middle - 90}" y="47" {style} fill="{TEAMS[1][0]}">{board.team1_score}</text>',
        f'<text x="{middle}" y="44" font-size="24" fill="#e8ecf2" text-anchor="middle">{left // 60}:{left % 60:02}</text>',
        f'<text x="{middle + 90}" y="47" {style} fill="{TEAMS[2][0]}">{board.team2_score}</text>',
    ]


if __name__ == "__main__":
    Path(__file__).with_name("arena.svg").write_text(draw(play()))
