"""Where the tape's calls come from: return addresses, the original's where the layout has them, else made up.

The made-up ones lie in code that the stand-in does not have, well away from the addresses of known draws: those that
the agent must attribute to a function lie in that function's range, the others outside of all ranges.
"""

from __future__ import annotations

from enum import IntEnum


class Site(IntEnum):
    """Return addresses of the tape's calls."""

    # In the frame that draws at 0x0040cac7.
    GAMEPLAY_UPDATE = 0x0040CA40
    # Beyond every known function.
    QUEST_START = 0x00401100
    CREATURE_ALLOC = 0x00401120
    CREATURE_DEATH = 0x00401140
    CREATURE_UPDATE = 0x00401160
    PROJECTILE_SPAWN = 0x00401180
    SECONDARY_SPAWN = 0x004011A0
    BONUS_SPAWN_AT = 0x004011C0
    BONUS_SPAWN_AT_POS = 0x004011E0
    BONUS_APPLY = 0x00401200
    GENERATE_CHOICES = 0x00401220
    STATE_SET = 0x00401240
    TYPO_KEY = 0x00401260
    # Calls that count for nothing where they come from.
    ELSEWHERE_PERK = 0x00401280
    ELSEWHERE_KEY = 0x004012A0
    ELSEWHERE_FIND = 0x004012C0
    # Draws of which the runtime does not know the caller, or that the original does not make.
    NO_CALLER = 0x10008000
    # In player_update: the keys in the order of their queries, then the primary button.
    KEY_FORWARD = 0x00414000
    KEY_BACKWARD = 0x00414020
    KEY_TURN_LEFT = 0x00414040
    KEY_TURN_RIGHT = 0x00414060
    KEY_FIRE = 0x00414080
    KEY_AIM_LEFT = 0x004140A0
    KEY_AIM_RIGHT = 0x004140C0
    KEY_RELOAD = 0x004140E0
    PRIMARY_DOWN = 0x00414100
    PRIMARY_PRESSED = 0x00414120
    # In projectile_update: its loops over projectiles, secondary projectiles and particles.
    PROJECTILE_FIND = 0x00421A00
    SECONDARY_FIND = 0x00421A20
    PARTICLE_FIND = 0x00421A40
