//! The library: replays and traces of Crimsonland runs. `record` takes its ticks from a source, such as a simulation.

/// Replays, as the runtime records them.
pub const crd = @import("crd.zig");

pub const columns = @import("cdt_columns.zig");
pub const diff = @import("diff.zig");
pub const files = @import("files.zig");
pub const format = @import("cdt_format.zig");
pub const layout = @import("layout.zig");
pub const memory = @import("memory.zig");
pub const meta = @import("cdt_meta.zig");
pub const msgpack = @import("msgpack.zig");
pub const record = @import("record.zig");
pub const schema = @import("schema.zig");
pub const verify = @import("verify.zig");
pub const zstd_decode = @import("zstd_decode.zig");
pub const zstd_encode = @import("zstd_encode.zig");

pub const Codec = @import("cdt_payload.zig").Codec;
pub const Problem = @import("problem.zig").Problem;
pub const Reader = @import("cdt_trace.zig").Reader;
/// The simulation, as a source of a replay's ticks.
pub const Source = @import("sim/source.zig").Source;
pub const Tables = @import("cdt_rows.zig").Tables;
pub const Writer = @import("cdt_writer.zig").Writer;

test {
    @import("std").testing.refAllDecls(@This());
    // The tests of a file are those of a build only if they are asked for.
    _ = @import("crc32.zig");
    _ = @import("sim/experience.zig");
    _ = @import("sim/float.zig");
    _ = @import("sim/quests/stock.zig");
    _ = @import("sim/perks.zig");
    _ = @import("sim/source.zig");
    _ = @import("sim/typo.zig");
    _ = @import("sim/typo_names.zig");
    _ = @import("sim/world.zig");
}
