//! The bytes of a `.cdt` file around its payloads. `docs/cdt-trace-format.md` specifies every one.

const std = @import("std");
const schema = @import("schema.zig");
const Crc32 = @import("crc32.zig").Crc32;

pub const version: u32 = 1;
pub const magic = "\x89CDT\r\n\x1a\n";
pub const end_magic = "\x89CDTEND\n";
pub const file_header_size = 16;
pub const chunk_header_size = 36;
pub const trailer_size = 16;
/// What the check value covers of a chunk header.
const checked_size = 24;
pub const flag_zstd: u32 = 1;

/// BLAKE2b with a digest of 8 bytes, which is not a shortened one of 64.
const Blake2b64 = std.crypto.hash.blake2.Blake2b(64);

pub fn raw_digest(raw: []const u8) u64 {
    var digest: [8]u8 = undefined;
    Blake2b64.hash(raw, &digest, .{});
    return std.mem.readInt(u64, &digest, .little);
}

pub const Kind = enum {
    META,
    INIT,
    TICK,
    FOOT,

    /// The most raw bytes of a chunk.
    pub fn raw_max(kind: Kind) u32 {
        return switch (kind) {
            .META => 1 << 20,
            .INIT, .TICK => 1 << 25,
            .FOOT => 1 << 22,
        };
    }

    pub fn of(bytes: []const u8) ?Kind {
        return std.meta.stringToEnum(Kind, bytes);
    }
};

/// Compressing can make a chunk longer, by this much at most.
pub fn stored_max(raw_size: u32) u64 {
    return @as(u64, raw_size) + raw_size / 128 + 128;
}

/// What the index, and a chunk's header, say of a chunk.
pub const Entry = struct {
    kind: Kind,
    first: i32,
    last: i32,
    /// Of the chunk's header, from the start of the file.
    offset: u64,
    stored_size: u32,
    raw_size: u32,
    check: u32,
    digest: u64,

    /// Where the next chunk begins.
    pub fn end(entry: *const Entry) u64 {
        return entry.offset + chunk_header_size + entry.stored_size;
    }

    /// How many ticks a TICK chunk holds; the set-up counts as one.
    pub fn span(entry: *const Entry) u32 {
        return @intCast(entry.last - entry.first + 1);
    }

    /// The header that says this, with its check value over the stored bytes.
    pub fn header(entry: *Entry, stored: []const u8) [chunk_header_size]u8 {
        std.debug.assert(stored.len == entry.stored_size);
        var bytes: [chunk_header_size]u8 = undefined;
        @memcpy(bytes[0..4], @tagName(entry.kind));
        std.mem.writeInt(i32, bytes[4..8], entry.first, .little);
        std.mem.writeInt(i32, bytes[8..12], entry.last, .little);
        std.mem.writeInt(u32, bytes[12..16], flag_zstd, .little);
        std.mem.writeInt(u32, bytes[16..20], entry.stored_size, .little);
        std.mem.writeInt(u32, bytes[20..24], entry.raw_size, .little);
        entry.check = check_value(&bytes, stored);
        std.mem.writeInt(u32, bytes[24..28], entry.check, .little);
        std.mem.writeInt(u64, bytes[28..36], entry.digest, .little);
        return bytes;
    }
};

pub fn check_value(header: *const [chunk_header_size]u8, stored: []const u8) u32 {
    var crc: Crc32 = .{};
    crc.update(header[0..checked_size]);
    crc.update(stored);
    return crc.final();
}

pub fn file_header() [file_header_size]u8 {
    var bytes: [file_header_size]u8 = undefined;
    @memcpy(bytes[0..8], magic);
    std.mem.writeInt(u32, bytes[8..12], version, .little);
    std.mem.writeInt(u32, bytes[12..16], schema.ticks_per_chunk, .little);
    return bytes;
}

pub fn trailer(footer_offset: u64) [trailer_size]u8 {
    var bytes: [trailer_size]u8 = undefined;
    std.mem.writeInt(u64, bytes[0..8], footer_offset, .little);
    @memcpy(bytes[8..16], end_magic);
    return bytes;
}

test "the hash of no bytes is the one of the specification" {
    try std.testing.expectEqual(0xb4b2797457a0a6e4, raw_digest(""));
}
