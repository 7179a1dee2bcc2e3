//! The CRC-32 of zlib and PNG, eight bytes at a time: every stored byte of a trace goes through it.

const std = @import("std");

/// `tables[n][b]` is what byte b does to the sum when n more bytes follow it.
const tables: [8][256]u32 = blk: {
    @setEvalBranchQuota(40_000);
    var all: [8][256]u32 = undefined;
    for (0..256) |byte| {
        var sum: u32 = byte;
        for (0..8) |_| sum = (sum >> 1) ^ (if (sum & 1 == 1) @as(u32, 0xedb88320) else 0);
        all[0][byte] = sum;
    }
    for (1..8) |number| {
        for (0..256) |byte| {
            const sum = all[number - 1][byte];
            all[number][byte] = (sum >> 8) ^ all[0][sum & 0xff];
        }
    }
    break :blk all;
};

pub const Crc32 = struct {
    sum: u32 = 0xffff_ffff,

    pub fn update(crc: *Crc32, bytes: []const u8) void {
        var sum = crc.sum;
        var rest = bytes;
        while (rest.len >= 8) : (rest = rest[8..]) {
            const word = std.mem.readInt(u64, rest[0..8], .little) ^ sum;
            sum = 0;
            inline for (0..8) |number| sum ^= tables[7 - number][@as(u8, @truncate(word >> (8 * number)))];
        }
        for (rest) |byte| sum = (sum >> 8) ^ tables[0][@as(u8, @truncate(sum)) ^ byte];
        crc.sum = sum;
    }

    pub fn final(crc: *const Crc32) u32 {
        return ~crc.sum;
    }
};

test "the sums are those of the standard library" {
    var random = std.Random.DefaultPrng.init(1);
    var bytes: [100]u8 = undefined;
    random.random().bytes(&bytes);
    for (0..bytes.len) |length| {
        var crc: Crc32 = .{};
        crc.update(bytes[0 .. length / 3]);
        crc.update(bytes[length / 3 .. length]);
        try std.testing.expectEqual(std.hash.Crc32.hash(bytes[0..length]), crc.final());
    }
}
