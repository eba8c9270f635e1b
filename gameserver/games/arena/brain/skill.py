"""What the strengths of bots differ in. None is quicker than a person, and all make mistakes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Skill:
    """One strength. Ticks are of 1/30 s, aims are steps of 1,024 to the turn; a thought comes every three ticks."""

    reaction_ticks: int
    """From an enemy or a shell coming in sight until it does something about it."""
    lag_ticks: int
    """How old the picture is by which it follows what it aims at; it carries on from there in its mind."""
    turret_turn: int
    """Aim steps a thought."""
    aim_error: float
    """How far its hand wanders about where it should be: the standard deviation, in aim steps."""
    flick_error: float
    """As much again, and fading, when it turns to another target."""
    lead: tuple[float, float]
    """It aims so much of the right distance ahead of what moves; drawn for each target."""
    holds_fire: float
    """How often, of the thoughts in which it could pull the trigger, it does not."""
    dodges: float
    """The part of the shells that come at it of which it gets out of the way."""
    spares: int
    """So many of the shells in its magazine it keeps for near targets."""
    sense: float
    """How often it picks the right weapon, and not just any; and leaves a pickup or a fight for something better."""
    retreat_health: int
    """With so much or less it looks for safety."""
    fetch_steps: int
    """How many tiles it goes for a pickup that it could use."""
    swerve_ticks: tuple[int, int]
    """How long it circles to one side in a fight."""
    decide_ticks: int
    """How often it asks itself what to do."""
    gangs_up: bool
    """It joins a fight of others, and finishes the wounded."""
    remembers_mines: bool


SKILLS: Final = {
    1: Skill(
        reaction_ticks=18, lag_ticks=6, turret_turn=60, aim_error=26.0, flick_error=50.0, lead=(0.0, 0.8), holds_fire=0.55,
        dodges=0.0, spares=0, sense=0.3, retreat_health=15, fetch_steps=8, swerve_ticks=(45, 120), decide_ticks=24, gangs_up=False,
        remembers_mines=False,
    ),
    2: Skill(
        reaction_ticks=11, lag_ticks=3, turret_turn=100, aim_error=13.0, flick_error=28.0, lead=(0.6, 1.1), holds_fire=0.2,
        dodges=0.5, spares=2, sense=0.75, retreat_health=30, fetch_steps=12, swerve_ticks=(25, 70), decide_ticks=15, gangs_up=True,
        remembers_mines=True,
    ),
    3: Skill(
        reaction_ticks=6, lag_ticks=3, turret_turn=150, aim_error=6.5, flick_error=14.0, lead=(0.9, 1.1), holds_fire=0.0,
        dodges=0.9, spares=2, sense=0.95, retreat_health=40, fetch_steps=16, swerve_ticks=(12, 40), decide_ticks=9, gangs_up=True,
        remembers_mines=True,
    ),
}  # fmt: skip
"""By strength: 0.6, 0.37 and 0.2 s to react, the turret turns 210, 350 and 530 degrees a second."""
