//! The column codec: residuals against a prediction, as a bitmap of those that are not zero and their byte planes.
//! Everything is integer arithmetic modulo the column's width, but for `travel`, which adds two f32 as the game does.

const std = @import("std");
const assert = std.debug.assert;

pub const rng_multiplier: u32 = 214013;
pub const rng_increment: u32 = 2531011;

/// The generator's next state.
pub fn next_state(state: u32) u32 {
    return state *% rng_multiplier +% rng_increment;
}

/// What a draw returns, from the state after it.
pub fn draw_value(state_after: u32) u16 {
    return @intCast((state_after >> 16) & 0x7fff);
}

/// Bits of f32(previous + velocity); zero where the sum is not finite, so that it is the same everywhere.
fn travelled(previous: u32, velocity: u32) u32 {
    const sum = @as(f32, @bitCast(previous)) + @as(f32, @bitCast(velocity));
    return if (std.math.isFinite(sum)) @bitCast(sum) else 0;
}

// Words to residuals, in place or beside

pub fn take_differences(comptime Word: type, words: []Word, order: u2) void {
    for (0..order) |_| {
        var previous: Word = 0;
        for (words) |*word| {
            const own = word.*;
            word.* = own -% previous;
            previous = own;
        }
    }
}

pub fn take_travel(words: []u32, velocities: []const u32) void {
    var previous: u32 = 0;
    for (words, velocities) |*word, velocity| {
        const own = word.*;
        word.* = own -% travelled(previous, velocity);
        previous = own;
    }
}

pub fn take_rng_before(words: []u32, states_after: []const u32) void {
    var previous: u32 = 0;
    for (words, states_after) |*word, after| {
        word.* -%= previous;
        previous = after;
    }
}

pub fn take_rng_after(words: []u32, states_before: []const u32) void {
    for (words, states_before) |*word, before| word.* -%= next_state(before);
}

pub fn take_rng_value(words: []u16, states_after: []const u32) void {
    for (words, states_after) |*word, after| word.* -%= draw_value(after);
}

// Residuals to words, in place

pub fn sum_differences(comptime Word: type, words: []Word, order: u2) void {
    for (0..order) |_| {
        var total: Word = 0;
        for (words) |*word| {
            total +%= word.*;
            word.* = total;
        }
    }
}

pub fn sum_travel(words: []u32, velocities: []const u32) void {
    var previous: u32 = 0;
    for (words, velocities) |*word, velocity| {
        previous = word.* +% travelled(previous, velocity);
        word.* = previous;
    }
}

/// The draws' chain runs through two columns: before = last after + r, after = step(before) + r'.
pub fn sum_rng(values: []u16, states_before: []u32, states_after: []u32) void {
    var last: u32 = 0;
    for (values, states_before, states_after) |*value, *before, *after| {
        before.* +%= last;
        after.* +%= next_state(before.*);
        value.* +%= draw_value(after.*);
        last = after.*;
    }
}

// Residuals to bytes

/// The most bytes that a column of so many words takes.
pub fn packed_max(count: usize, width: usize) usize {
    return (count + 7) / 8 + count * width;
}

fn zigzag(comptime Word: type, residual: Word) Word {
    return (residual << 1) ^ (0 -% (residual >> (@bitSizeOf(Word) - 1)));
}

fn unzigzag(comptime Word: type, value: Word) Word {
    return (value >> 1) ^ (0 -% (value & 1));
}

/// Writes the column to the start of `out`; returns how many bytes it takes.
pub fn pack(comptime Word: type, residuals: []const Word, out: []u8) usize {
    const bitmap_size = (residuals.len + 7) / 8;
    const bitmap = out[0..bitmap_size];
    @memset(bitmap, 0);
    var present: usize = 0;
    for (residuals, 0..) |residual, row| {
        if (residual == 0) continue;
        bitmap[row / 8] |= @as(u8, 1) << @intCast(row % 8);
        present += 1;
    }
    const planes = out[bitmap_size..][0 .. present * @sizeOf(Word)];
    if (present > 0) {
        var at: usize = 0;
        for (residuals) |residual| {
            if (residual == 0) continue;
            var value = zigzag(Word, residual);
            inline for (0..@sizeOf(Word)) |plane| {
                planes[plane * present + at] = @truncate(value);
                if (@sizeOf(Word) > 1) value >>= 8;
            }
            at += 1;
        }
        assert(at == present);
    }
    return bitmap_size + planes.len;
}

pub const Error = error{ EndsEarly, BitsAfterLastRow };

/// Reads a column of as many words as `residuals` has from the start of `bytes`; returns how many bytes it took.
pub fn unpack(comptime Word: type, bytes: []const u8, residuals: []Word) Error!usize {
    const bitmap_size = (residuals.len + 7) / 8;
    if (bytes.len < bitmap_size) return error.EndsEarly;
    const bitmap = bytes[0..bitmap_size];
    var present: usize = 0;
    for (bitmap) |bits| present += @popCount(bits);
    if (residuals.len % 8 != 0) {
        if (bitmap[bitmap_size - 1] >> @intCast(residuals.len % 8) != 0) return error.BitsAfterLastRow;
    }
    @memset(residuals, 0);
    if (present == 0) return bitmap_size;
    if ((bytes.len - bitmap_size) / @sizeOf(Word) < present) return error.EndsEarly;
    const planes = bytes[bitmap_size..][0 .. present * @sizeOf(Word)];
    var at: usize = 0;
    for (bitmap, 0..) |bits, byte| {
        var left = bits;
        while (left != 0) : (left &= left - 1) {
            var value: Word = 0;
            inline for (0..@sizeOf(Word)) |plane| {
                value |= @as(Word, planes[plane * present + at]) << (8 * plane);
            }
            residuals[byte * 8 + @ctz(left)] = unzigzag(Word, value);
            at += 1;
        }
    }
    assert(at == present);
    return bitmap_size + planes.len;
}

test "zigzag is undone" {
    inline for (.{ u8, u16, u32, u64 }) |Word| {
        for ([_]Word{ 0, 1, 2, std.math.maxInt(Word), std.math.maxInt(Word) / 2, std.math.maxInt(Word) / 2 + 1 }) |word| {
            try std.testing.expectEqual(word, unzigzag(Word, zigzag(Word, word)));
        }
    }
    // the values that the specification's example names
    try std.testing.expectEqual(0x7f800000, zigzag(u32, 0x3fc00000));
    try std.testing.expectEqual(0xfeffffff, zigzag(u32, 0x80800000));
}

test "any column is packed and unpacked" {
    var random = std.Random.DefaultPrng.init(1);
    inline for (.{ u8, u16, u32, u64 }) |Word| {
        for ([_]usize{ 0, 1, 7, 8, 9, 100 }) |count| {
            var words: [100]Word = undefined;
            var back: [100]Word = undefined;
            var bytes: [1024]u8 = undefined;
            for (words[0..count]) |*word| {
                word.* = if (random.random().boolean()) 0 else random.random().int(Word);
            }
            const size = pack(Word, words[0..count], &bytes);
            try std.testing.expect(size <= packed_max(count, @sizeOf(Word)));
            try std.testing.expectEqual(size, try unpack(Word, bytes[0..size], back[0..count]));
            try std.testing.expectEqualSlices(Word, words[0..count], back[0..count]);
            if (size > 0) try std.testing.expectError(error.EndsEarly, unpack(Word, bytes[0 .. size - 1], back[0..count]));
        }
    }
}

test "differences of every order are undone" {
    var random = std.Random.DefaultPrng.init(2);
    for (0..4) |order| {
        var words: [50]u32 = undefined;
        random.random().bytes(std.mem.sliceAsBytes(&words));
        const before = words;
        take_differences(u32, &words, @intCast(order));
        sum_differences(u32, &words, @intCast(order));
        try std.testing.expectEqualSlices(u32, &before, &words);
    }
}

test "travel and the draws' chain are undone, whatever the bits" {
    var random = std.Random.DefaultPrng.init(3);
    var words: [200]u32 = undefined;
    var others: [200]u32 = undefined;
    var values: [200]u16 = undefined;
    random.random().bytes(std.mem.sliceAsBytes(&words));
    random.random().bytes(std.mem.sliceAsBytes(&others));
    random.random().bytes(std.mem.sliceAsBytes(&values));
    const words_before = words;
    const others_before = others;
    const values_before = values;
    take_travel(&words, &others);
    sum_travel(&words, &others);
    try std.testing.expectEqualSlices(u32, &words_before, &words);
    take_rng_value(&values, &others);
    var states_after = others;
    take_rng_after(&states_after, &words);
    take_rng_before(&words, &others);
    sum_rng(&values, &words, &states_after);
    try std.testing.expectEqualSlices(u32, &words_before, &words);
    try std.testing.expectEqualSlices(u32, &others_before, &states_after);
    try std.testing.expectEqualSlices(u16, &values_before, &values);
}
