"""The Zig sources of the stand-in program, as data: `crimson.dbg.standin.build` compiles them."""
