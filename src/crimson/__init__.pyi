"""For the type checker only: with py.typed saying `partial`, ty looks here first and
then in crimsonland's own `crimson`. Python never reads this file, no wheel holds it."""
