//! The original's memory: plain pages at the addresses where the game has its image and its grim.dll.

const std = @import("std");
const linux = std.os.linux;
const fault = @import("fault.zig");
const assert = std.debug.assert;

const Region = struct { start: u32, size: u32, name: []const u8 };

const regions = [_]Region{
    .{ .start = 0x0040_0000, .size = 0x0010_0000, .name = "the image" },
    .{ .start = 0x1000_0000, .size = 0x0001_0000, .name = "grim.dll" },
};

/// The C runtime's data of the one thread that plays; `_getptd` returns this.
pub const thread_data: u32 = 0x004f_f000;
/// The generator's state within it, as in the original's C runtime.
pub const seed: u32 = thread_data + 0x14;

comptime {
    for (regions) |region| {
        assert(region.size > 0);
        assert(region.start % std.heap.page_size_min == 0);
        assert(region.size % std.heap.page_size_min == 0);
    }
    assert(contains(thread_data, 0x1000));
}

/// Maps the regions, zeroed, readable, writable and executable; stops when something lies there already.
pub fn map() void {
    for (regions) |region| {
        const result = linux.mmap(
            @ptrFromInt(region.start),
            region.size,
            .{ .READ = true, .WRITE = true, .EXEC = true },
            .{ .TYPE = .PRIVATE, .ANONYMOUS = true, .FIXED_NOREPLACE = true },
            -1,
            0,
        );
        if (result != region.start) {
            fault.stop(.run, "cannot map {s} at 0x{x:0>8}: {t}", .{ region.name, region.start, linux.errno(result) });
        }
    }
}

pub fn contains(address: u32, length: u32) bool {
    for (regions) |region| {
        if (address < region.start) continue;
        const offset = address - region.start;
        if (offset <= region.size and length <= region.size - offset) return true;
    }
    return false;
}

/// The bytes at an address of the original. The caller has checked the range.
pub fn slice(address: u32, length: u32) []u8 {
    assert(contains(address, length));
    return @as([*]u8, @ptrFromInt(address))[0..length];
}

pub fn read(address: u32) u32 {
    return std.mem.readInt(u32, slice(address, 4)[0..4], .little);
}

pub fn write(address: u32, value: u32) void {
    std.mem.writeInt(u32, slice(address, 4)[0..4], value, .little);
}

/// Which bytes of the regions hold code, so that no write of the tape can change an instruction.
pub const Claims = struct {
    const page_size = 0x1000;
    const bytes_max = blk: {
        var total: u32 = 0;
        for (regions) |region| total += region.size;
        break :blk total;
    };

    bytes: std.StaticBitSet(bytes_max) = .empty,
    /// Most writes go to pages without code: they are told apart without a look at each byte.
    pages: std.StaticBitSet(bytes_max / page_size) = .empty,

    pub fn claim(claims: *Claims, address: u32, length: u32) void {
        assert(!claims.overlaps(address, length));
        const first = index(address);
        for (first..first + length) |byte| {
            claims.bytes.set(byte);
            claims.pages.set(byte / page_size);
        }
    }

    pub fn overlaps(claims: *const Claims, address: u32, length: u32) bool {
        assert(contains(address, length));
        if (length == 0) return false;
        const first = index(address);
        var page = first / page_size;
        while (page <= (first + length - 1) / page_size) : (page += 1) {
            if (!claims.pages.isSet(page)) continue;
            const from = @max(first, page * page_size);
            const end = @min(first + length, (page + 1) * page_size);
            for (from..end) |byte| {
                if (claims.bytes.isSet(byte)) return true;
            }
        }
        return false;
    }

    fn index(address: u32) u32 {
        var before: u32 = 0;
        for (regions) |region| {
            if (address >= region.start and address - region.start < region.size) {
                return before + (address - region.start);
            }
            before += region.size;
        }
        unreachable;
    }
};
