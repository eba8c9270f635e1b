"""Who is away: one who changes nothing about his controls for long loses his seat, for somebody who wants to play."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gameserver import PlayerId
    from gameserver.games.arena.game import Arena
    from gameserver.games.arena.state import Controls, Driver


def notice(game: Arena, inputs: Mapping[PlayerId, Controls]) -> None:
    """Send away whoever did nothing for the room's idle time. Bots stay, and the server looks after lines that are down."""
    if not game.idle_ticks:
        return
    for player, driver in game.players.items():
        if driver.bot:
            continue
        it = inputs[player]
        held = (it.bearing, it.throttle, it.aim, int(it.fire), it.weapon, int(it.respawn))
        if held != driver.held or not driver.connected:
            driver.held = held
            stirred(game, driver)
        elif game.tick - driver.held_since >= game.idle_ticks:
            game.kick(player, f"you did nothing for {game.rules.idle_seconds} seconds; you are welcome back")
            stirred(game, driver)  # he is told once


def stirred(game: Arena, driver: Driver) -> None:
    """He has done something."""
    driver.held_since = game.tick
