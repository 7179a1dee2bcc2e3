//! Writes zstd frames (RFC 8878) that any zstd reads.

const std = @import("std");
const assert = std.debug.assert;

const block_max = 128 * 1024;

pub const Encoder = struct {
    placeholder: u8 = 0,

    /// Writes one frame with its content size to the start of `out`; returns how many bytes it takes.
    pub fn encode(encoder: *Encoder, raw: []const u8, out: []u8) usize {
        _ = encoder;
        var writer: std.Io.Writer = .fixed(out);
        write_frame(&writer, raw) catch unreachable;
        return writer.end;
    }

    fn write_frame(out: *std.Io.Writer, raw: []const u8) std.Io.Writer.Error!void {
        try out.writeAll("\x28\xb5\x2f\xfd");
        if (raw.len < 256) {
            try out.writeByte(0x20);
            try out.writeByte(@intCast(raw.len));
        } else if (raw.len < 65536 + 256) {
            try out.writeByte(0x60);
            try out.writeInt(u16, @intCast(raw.len - 256), .little);
        } else {
            try out.writeByte(0xa0);
            try out.writeInt(u32, @intCast(raw.len), .little);
        }
        var start: usize = 0;
        while (true) {
            const end = @min(start + block_max, raw.len);
            const last: u24 = @intFromBool(end == raw.len);
            try out.writeInt(u24, last | @as(u24, @intCast((end - start) << 3)), .little);
            try out.writeAll(raw[start..end]);
            if (last == 1) return;
            start = end;
        }
    }
};
