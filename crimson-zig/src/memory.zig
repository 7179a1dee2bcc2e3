//! Memory is taken once, up front, and for the largest case that the format allows: nothing is allocated per row, tick
//! or chunk. What is not touched costs nothing, so the large buffers are reserved without being filled.

const std = @import("std");

pub const alignment: std.mem.Alignment = .fromByteUnits(std.heap.page_size_min);

/// Bytes that are not filled with a pattern, as `alloc` would in safe builds.
pub fn reserve(gpa: std.mem.Allocator, size: usize) error{OutOfMemory}![]align(alignment.toByteUnits()) u8 {
    const start = gpa.rawAlloc(size, alignment, @returnAddress()) orelse return error.OutOfMemory;
    return @alignCast(start[0..size]);
}

pub fn release(gpa: std.mem.Allocator, bytes: []align(alignment.toByteUnits()) u8) void {
    gpa.rawFree(bytes, alignment, @returnAddress());
}

/// Hands out parts of a reserved region, once.
pub const Carver = struct {
    bytes: []u8,
    used: usize = 0,

    /// Room for `count` items, from an address that suits every word.
    pub fn take(carver: *Carver, comptime Item: type, count: usize) []Item {
        const start = std.mem.alignForward(usize, carver.used, 64);
        const size = count * @sizeOf(Item);
        std.debug.assert(start + size <= carver.bytes.len);
        carver.used = start + size;
        return @alignCast(std.mem.bytesAsSlice(Item, carver.bytes[start..][0..size]));
    }
};

/// What a `Carver` needs for `count` items of this size.
pub fn room(size: usize, count: usize) usize {
    return std.mem.alignForward(usize, size * count, 64) + 64;
}
