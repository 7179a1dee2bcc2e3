//! Inflates one zstd frame (RFC 8878) from memory to memory. Nothing is allocated, and every claim is checked before it
//! is followed: the bytes may be anything.

const std = @import("std");
const assert = std.debug.assert;

pub const Error = error{
    /// The bytes are no frame that this decoder reads.
    NoFrame,
    /// The frame ends before its last block, or after it.
    WrongLength,
    /// A block contradicts itself.
    Damaged,
    /// More bytes come out than there is room for.
    TooLong,
};

pub fn reason(failure: Error) []const u8 {
    return switch (failure) {
        error.NoFrame => "it is no zstd frame",
        error.WrongLength => "the zstd frame does not end where it should",
        error.Damaged => "the zstd frame is damaged",
        error.TooLong => "the zstd frame inflates to more bytes than it may",
    };
}

pub const block_max = 128 * 1024;
pub const magic = [4]u8{ 0x28, 0xb5, 0x2f, 0xfd };

pub const Header = struct {
    /// How many bytes the frame says that it holds; null when it does not say.
    content_size: ?u64,
    window_size: u64,
    has_checksum: bool,
    /// Where the first block begins.
    size: usize,
};

pub fn read_header(frame: []const u8) Error!Header {
    if (frame.len < 5 or !std.mem.eql(u8, frame[0..4], &magic)) return error.NoFrame;
    const descriptor = frame[4];
    // a reserved bit that must be zero
    if (descriptor & 0x08 != 0) return error.NoFrame;
    const single_segment = descriptor & 0x20 != 0;
    var position: usize = 5;

    var window_size: u64 = 0;
    if (!single_segment) {
        if (position >= frame.len) return error.WrongLength;
        const exponent = frame[position] >> 3;
        const mantissa = frame[position] & 7;
        position += 1;
        const base = @as(u64, 1) << @intCast(10 + @as(u6, @intCast(exponent)));
        window_size = base + base / 8 * mantissa;
    }

    const dictionary_size: usize = switch (descriptor & 3) {
        0 => 0,
        1 => 1,
        2 => 2,
        else => 4,
    };
    const content_field: usize = switch (descriptor >> 6) {
        0 => if (single_segment) 1 else 0,
        1 => 2,
        2 => 4,
        else => 8,
    };
    if (frame.len - position < dictionary_size + content_field) return error.WrongLength;
    if (std.mem.readVarInt(u32, frame[position..][0..dictionary_size], .little) != 0) return error.NoFrame;
    position += dictionary_size;

    var content_size: ?u64 = null;
    if (content_field > 0) {
        const said = std.mem.readVarInt(u64, frame[position..][0..content_field], .little);
        content_size = if (content_field == 2) said + 256 else said;
    }
    position += content_field;
    return .{
        .content_size = content_size,
        .window_size = if (single_segment) content_size.? else window_size,
        .has_checksum = descriptor & 0x04 != 0,
        .size = position,
    };
}

/// Reads bits from the last one to the first, as the streams of a block are read.
const BackwardBits = struct {
    bytes: []const u8,
    /// How many bits are left; those below are read next.
    left: usize,

    fn init(bytes: []const u8) Error!BackwardBits {
        if (bytes.len == 0) return error.Damaged;
        const last = bytes[bytes.len - 1];
        // the highest bit that is set marks the end
        if (last == 0) return error.Damaged;
        return .{ .bytes = bytes, .left = bytes.len * 8 - 1 - @clz(last) };
    }

    fn load(bits: *const BackwardBits, byte: usize) u64 {
        if (byte + 8 <= bits.bytes.len) return std.mem.readInt(u64, bits.bytes[byte..][0..8], .little);
        return std.mem.readVarInt(u64, bits.bytes[byte..], .little);
    }

    fn read(bits: *BackwardBits, count: u6) Error!u64 {
        assert(count <= 56);
        if (count > bits.left) return error.Damaged;
        bits.left -= count;
        const word = bits.load(bits.left / 8) >> @intCast(bits.left % 8);
        return word & ((@as(u64, 1) << count) - 1);
    }

    /// The next bits without taking them, above bits that stand for nothing.
    fn top(bits: *const BackwardBits, comptime count: u6) u64 {
        const at = bits.left - count;
        return bits.load(at / 8) >> @intCast(at % 8);
    }

    /// The next bits without taking them; below the first bit there are zeros.
    fn peek(bits: *const BackwardBits, count: u6) u64 {
        assert(count <= 56);
        const mask = (@as(u64, 1) << count) - 1;
        if (count <= bits.left) {
            const at = bits.left - count;
            return (bits.load(at / 8) >> @intCast(at % 8)) & mask;
        }
        const missing: u6 = @intCast(count - bits.left);
        return (bits.load(0) << missing) & mask;
    }
};

/// Reads bits from the first one on, as table descriptions are read. Beyond the end there are zeros.
const ForwardBits = struct {
    bytes: []const u8,
    position: usize = 0,

    fn peek(bits: *const ForwardBits, count: u5) u32 {
        const byte = @min(bits.position / 8, bits.bytes.len);
        const rest = bits.bytes[byte..@min(byte + 8, bits.bytes.len)];
        const word = std.mem.readVarInt(u64, rest, .little) >> @intCast(bits.position % 8);
        return @intCast(word & ((@as(u64, 1) << count) - 1));
    }
};

const FseEntry = struct { symbol: u8, bits: u8, base: u16 };

/// Counts of symbols, scaled to a power of two; -1 stands for less than one.
const Counts = struct {
    log: u4,
    symbols: usize,
    values: [256]i16,

    /// Reads a table description; returns the bytes it takes.
    fn read(counts: *Counts, bytes: []const u8, log_max: u4, symbols_max: usize) Error!usize {
        var bits: ForwardBits = .{ .bytes = bytes };
        const log = bits.peek(4) + 5;
        bits.position += 4;
        if (log > log_max) return error.Damaged;
        counts.log = @intCast(log);
        var remaining: i32 = (@as(i32, 1) << @intCast(log)) + 1;
        var threshold: i32 = @as(i32, 1) << @intCast(log);
        var width: u5 = @intCast(log + 1);
        var symbol: usize = 0;
        while (remaining > 1) {
            if (symbol >= symbols_max) return error.Damaged;
            const low_max = 2 * threshold - 1 - remaining;
            const seen: i32 = @intCast(bits.peek(width));
            var count = seen & (threshold - 1);
            if (count < low_max) {
                bits.position += width - 1;
            } else {
                count = seen & (2 * threshold - 1);
                if (count >= threshold) count -= low_max;
                bits.position += width;
            }
            count -= 1;
            remaining -= @intCast(@abs(count));
            if (remaining < 1) return error.Damaged;
            counts.values[symbol] = @intCast(count);
            symbol += 1;
            if (count == 0) {
                // runs of further zeros, three at a time
                while (true) {
                    const repeat = bits.peek(2);
                    bits.position += 2;
                    if (symbol + repeat > symbols_max) return error.Damaged;
                    @memset(counts.values[symbol..][0..repeat], 0);
                    symbol += repeat;
                    if (repeat < 3) break;
                }
            }
            while (remaining < threshold) {
                threshold >>= 1;
                width -= 1;
            }
        }
        counts.symbols = symbol;
        const taken = (bits.position + 7) / 8;
        if (taken > bytes.len) return error.Damaged;
        return taken;
    }
};

fn FseTable(comptime log_max: u4) type {
    return struct {
        const Table = @This();

        entries: [1 << log_max]FseEntry = undefined,
        log: u4 = 0,
        /// Whether a block has set it, so that a later one may repeat it.
        known: bool = false,

        fn build(table: *Table, counts: *const Counts) Error!void {
            assert(counts.log <= log_max);
            const size = @as(usize, 1) << counts.log;
            var next: [256]u16 = undefined;
            var high = size;
            for (counts.values[0..counts.symbols], 0..) |count, symbol| {
                if (count == -1) {
                    high -= 1;
                    table.entries[high].symbol = @intCast(symbol);
                    next[symbol] = 1;
                } else {
                    next[symbol] = @intCast(count);
                }
            }
            const step = (size >> 1) + (size >> 3) + 3;
            var position: usize = 0;
            for (counts.values[0..counts.symbols], 0..) |count, symbol| {
                if (count <= 0) continue;
                for (0..@intCast(count)) |_| {
                    table.entries[position].symbol = @intCast(symbol);
                    position = (position + step) & (size - 1);
                    while (position >= high) position = (position + step) & (size - 1);
                }
            }
            if (position != 0) return error.Damaged;
            for (table.entries[0..size]) |*entry| {
                const value = next[entry.symbol];
                next[entry.symbol] += 1;
                const bits = counts.log - @as(u4, @intCast(std.math.log2_int(u16, value)));
                entry.bits = bits;
                entry.base = @intCast((@as(usize, value) << bits) - size);
            }
            table.log = counts.log;
            table.known = true;
        }

        fn build_single(table: *Table, symbol: u8) void {
            table.entries[0] = .{ .symbol = symbol, .bits = 0, .base = 0 };
            table.log = 0;
            table.known = true;
        }
    };
}

const huffman_bits_max = 11;

const HuffmanTable = struct {
    const Entry = struct { symbol: u8, bits: u8 };

    entries: [1 << huffman_bits_max]Entry = undefined,
    log: u4 = 0,
    known: bool = false,

    /// Reads a tree description; returns the bytes it takes.
    fn read(table: *HuffmanTable, bytes: []const u8) Error!usize {
        var weights: [256]u8 = @splat(0);
        if (bytes.len == 0) return error.Damaged;
        const head = bytes[0];
        var taken: usize = 1;
        var symbols: usize = 0;
        if (head >= 128) {
            symbols = head - 127;
            const packed_size = (symbols + 1) / 2;
            if (bytes.len - taken < packed_size) return error.Damaged;
            for (0..symbols) |symbol| {
                const byte = bytes[taken + symbol / 2];
                weights[symbol] = if (symbol % 2 == 0) byte >> 4 else byte & 15;
            }
            taken += packed_size;
        } else {
            if (bytes.len - taken < head) return error.Damaged;
            symbols = try read_weights(bytes[taken..][0..head], &weights);
            taken += head;
        }
        try table.build(&weights, symbols);
        return taken;
    }

    fn read_weights(bytes: []const u8, weights: *[256]u8) Error!usize {
        var counts: Counts = undefined;
        const described = try counts.read(bytes, 6, 13);
        var table: FseTable(6) = .{};
        try table.build(&counts);
        var bits = try BackwardBits.init(bytes[described..]);
        // two states take turns, until one needs more bits than are left
        var states: [2]usize = undefined;
        for (&states) |*state| state.* = @intCast(try bits.read(table.log));
        var symbols: usize = 0;
        var turn: usize = 0;
        while (true) : (turn ^= 1) {
            if (symbols >= 254) return error.Damaged;
            const entry = table.entries[states[turn]];
            weights[symbols] = entry.symbol;
            symbols += 1;
            if (entry.bits > bits.left) {
                weights[symbols] = table.entries[states[turn ^ 1]].symbol;
                return symbols + 1;
            }
            states[turn] = entry.base + @as(usize, @intCast(try bits.read(@intCast(entry.bits))));
        }
    }

    fn build(table: *HuffmanTable, weights: *[256]u8, given: usize) Error!void {
        var total: u32 = 0;
        for (weights[0..given]) |weight| {
            if (weight > huffman_bits_max) return error.Damaged;
            if (weight > 0) total += @as(u32, 1) << @intCast(weight - 1);
        }
        if (total == 0) return error.Damaged;
        const log = std.math.log2_int(u32, total) + 1;
        if (log > huffman_bits_max) return error.Damaged;
        // the last symbol's weight is what fills the table
        const rest = (@as(u32, 1) << @intCast(log)) - total;
        if (!std.math.isPowerOfTwo(rest) or given >= 256) return error.Damaged;
        weights[given] = @as(u8, std.math.log2_int(u32, rest)) + 1;
        const symbols = given + 1;

        var position: usize = 0;
        for (1..log + 1) |weight| {
            const span = @as(usize, 1) << @intCast(weight - 1);
            for (weights[0..symbols], 0..) |own, symbol| {
                if (own != weight) continue;
                const bits: u8 = @intCast(log + 1 - weight);
                @memset(table.entries[position..][0..span], .{ .symbol = @intCast(symbol), .bits = bits });
                position += span;
            }
        }
        if (position != @as(usize, 1) << @intCast(log)) return error.Damaged;
        table.log = @intCast(log);
        table.known = true;
    }

    fn decode(table: *const HuffmanTable, stream: []const u8, out: []u8) Error!void {
        var bits = try BackwardBits.init(stream);
        // five codes of 11 bits at most come from one load, while there are enough bits for them
        const load_bits = 57;
        const shift: u6 = load_bits - @as(u6, table.log);
        const mask = (@as(u64, 1) << table.log) - 1;
        var at: usize = 0;
        while (out.len - at >= 5 and bits.left >= load_bits) : (at += 5) {
            var word = bits.top(load_bits);
            var taken: u32 = 0;
            inline for (out[at..][0..5]) |*byte| {
                const entry = table.entries[@intCast((word >> shift) & mask)];
                byte.* = entry.symbol;
                word <<= @intCast(entry.bits);
                taken += entry.bits;
            }
            bits.left -= taken;
        }
        for (out[at..]) |*byte| {
            const entry = table.entries[@intCast(bits.peek(table.log))];
            if (entry.bits > bits.left) return error.Damaged;
            bits.left -= entry.bits;
            byte.* = entry.symbol;
        }
        if (bits.left != 0) return error.Damaged;
    }
};

const length_log_max = 9;
const offset_log_max = 8;
const offset_code_max = 31;

/// Base and extra bits of each code.
pub const Code = struct { base: u32, bits: u5 };

pub const literal_codes: [36]Code = codes(0, &.{
    0,  0,  0,  0,  0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,  0,
    1,  1,  1,  1,  2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12,
    13, 14, 15, 16,
});
pub const match_codes: [53]Code = codes(3, &.{
    0,  0,  0,  0,  0,  0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,
    0,  0,  0,  0,  0,  0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,
    1,  1,  1,  1,  2,  2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11,
    12, 13, 14, 15, 16,
});

/// A code covers `1 << bits` lengths, from where the one before ends.
fn codes(comptime first: u32, comptime bits: []const u5) [bits.len]Code {
    var found: [bits.len]Code = undefined;
    var base: u32 = first;
    for (bits, 0..) |extra, code| {
        found[code] = .{ .base = base, .bits = extra };
        base += @as(u32, 1) << extra;
    }
    return found;
}

pub const literal_defaults = [36]i16{
    4,  3,  2,  2,  2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1,
    2,  2,  2,  2,  2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1,
    -1, -1, -1, -1,
};
pub const match_defaults = [53]i16{
    1,  4,  3,  2,  2,  2, 2, 2, 2, 1, 1, 1, 1, 1, 1,  1,
    1,  1,  1,  1,  1,  1, 1, 1, 1, 1, 1, 1, 1, 1, 1,  1,
    1,  1,  1,  1,  1,  1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1,
    -1, -1, -1, -1, -1,
};
pub const offset_defaults = [29]i16{
    1, 1, 1, 1, 1, 1, 2, 2, 2,  1,  1,  1,  1,  1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1,
};

pub const Decoder = struct {
    huffman: HuffmanTable = .{},
    literal_lengths: FseTable(length_log_max) = .{},
    match_lengths: FseTable(length_log_max) = .{},
    offsets: FseTable(offset_log_max) = .{},
    repeats: [3]u32 = .{ 1, 4, 8 },
    literals: [block_max]u8 = undefined,

    /// Inflates the whole frame to the start of `out`; returns how many bytes that are.
    pub fn decode(decoder: *Decoder, frame: []const u8, out: []u8) Error!usize {
        const header = try read_header(frame);
        if (header.content_size) |size| {
            if (size > out.len) return error.TooLong;
        }
        decoder.huffman.known = false;
        decoder.literal_lengths.known = false;
        decoder.match_lengths.known = false;
        decoder.offsets.known = false;
        decoder.repeats = .{ 1, 4, 8 };
        const size_max: usize = @intCast(@min(header.window_size, block_max));

        var position = header.size;
        var written: usize = 0;
        while (true) {
            if (frame.len - position < 3) return error.WrongLength;
            const head = std.mem.readInt(u24, frame[position..][0..3], .little);
            position += 3;
            const size: usize = head >> 3;
            const rest = frame[position..];
            switch ((head >> 1) & 3) {
                0 => {
                    if (size > size_max) return error.Damaged;
                    if (size > rest.len) return error.WrongLength;
                    if (size > out.len - written) return error.TooLong;
                    @memcpy(out[written..][0..size], rest[0..size]);
                    written += size;
                    position += size;
                },
                1 => {
                    if (size > size_max) return error.Damaged;
                    if (rest.len < 1) return error.WrongLength;
                    if (size > out.len - written) return error.TooLong;
                    @memset(out[written..][0..size], rest[0]);
                    written += size;
                    position += 1;
                },
                2 => {
                    if (size > size_max) return error.Damaged;
                    if (size > rest.len) return error.WrongLength;
                    const before = written;
                    written = try decoder.decode_block(rest[0..size], out, written);
                    if (written - before > size_max) return error.Damaged;
                    position += size;
                },
                else => return error.Damaged,
            }
            if (head & 1 != 0) break;
        }
        if (header.has_checksum) {
            if (frame.len - position < 4) return error.WrongLength;
            const said = std.mem.readInt(u32, frame[position..][0..4], .little);
            position += 4;
            if (said != @as(u32, @truncate(std.hash.XxHash64.hash(0, out[0..written])))) return error.Damaged;
        }
        if (position != frame.len) return error.WrongLength;
        if (header.content_size) |size| {
            if (size != written) return error.Damaged;
        }
        return written;
    }

    fn decode_block(decoder: *Decoder, block: []const u8, out: []u8, start: usize) Error!usize {
        var literals: []const u8 = undefined;
        var position = try decoder.read_literals(block, &literals);
        if (position >= block.len) return error.Damaged;

        const first = block[position];
        position += 1;
        var count: usize = first;
        if (first >= 128) {
            const more: usize = if (first == 255) 2 else 1;
            if (block.len - position < more) return error.Damaged;
            const tail = block[position..];
            count = if (first == 255)
                @as(usize, std.mem.readInt(u16, tail[0..2], .little)) + 0x7f00
            else
                ((@as(usize, first) - 128) << 8) + tail[0];
            position += more;
        }
        if (count == 0) {
            if (position != block.len) return error.Damaged;
            return copy_literals(literals, out, start);
        }

        if (position >= block.len) return error.Damaged;
        const modes = block[position];
        position += 1;
        if (modes & 3 != 0) return error.Damaged;
        position += try set_table(&decoder.literal_lengths, modes >> 6, block[position..], &literal_defaults, 6, 36);
        position += try set_table(&decoder.offsets, (modes >> 4) & 3, block[position..], &offset_defaults, 5, 32);
        position += try set_table(&decoder.match_lengths, (modes >> 2) & 3, block[position..], &match_defaults, 6, 53);

        var bits = try BackwardBits.init(block[position..]);
        var literal_state: usize = @intCast(try bits.read(decoder.literal_lengths.log));
        var offset_state: usize = @intCast(try bits.read(decoder.offsets.log));
        var match_state: usize = @intCast(try bits.read(decoder.match_lengths.log));

        var written = start;
        var unread = literals;
        for (0..count) |sequence| {
            const literal_entry = decoder.literal_lengths.entries[literal_state];
            const offset_entry = decoder.offsets.entries[offset_state];
            const match_entry = decoder.match_lengths.entries[match_state];
            if (offset_entry.symbol > offset_code_max) return error.Damaged;

            const offset_bits: u6 = @intCast(offset_entry.symbol);
            const offset_value = (@as(u64, 1) << offset_bits) + try bits.read(offset_bits);
            const match_code = match_codes[match_entry.symbol];
            const match_length: usize = match_code.base + @as(usize, @intCast(try bits.read(match_code.bits)));
            const literal_code = literal_codes[literal_entry.symbol];
            const literal_length: usize = literal_code.base + @as(usize, @intCast(try bits.read(literal_code.bits)));

            const offset = try decoder.resolve(offset_value, literal_length);
            if (literal_length > unread.len) return error.Damaged;
            written = try copy_literals(unread[0..literal_length], out, written);
            unread = unread[literal_length..];
            if (offset > written) return error.Damaged;
            if (match_length > out.len - written) return error.TooLong;
            copy_match(out, written, offset, match_length);
            written += match_length;

            if (sequence + 1 < count) {
                literal_state = literal_entry.base + @as(usize, @intCast(try bits.read(@intCast(literal_entry.bits))));
                match_state = match_entry.base + @as(usize, @intCast(try bits.read(@intCast(match_entry.bits))));
                offset_state = offset_entry.base + @as(usize, @intCast(try bits.read(@intCast(offset_entry.bits))));
            }
        }
        if (bits.left != 0) return error.Damaged;
        return copy_literals(unread, out, written);
    }

    /// The distance that an offset value stands for: the small values name one of the last three distances.
    fn resolve(decoder: *Decoder, value: u64, literal_length: usize) Error!usize {
        // a copy: an array literal is written in place, and would read what it has just overwritten
        const repeats = decoder.repeats;
        if (value > 3) {
            const offset = std.math.cast(u32, value - 3) orelse return error.Damaged;
            decoder.repeats = .{ offset, repeats[0], repeats[1] };
            return offset;
        }
        const place: usize = @as(usize, @intCast(value)) - 1 + @intFromBool(literal_length == 0);
        const offset = if (place < 3) repeats[place] else repeats[0] -% 1;
        if (offset == 0) return error.Damaged;
        switch (place) {
            0 => {},
            1 => decoder.repeats = .{ offset, repeats[0], repeats[2] },
            else => decoder.repeats = .{ offset, repeats[0], repeats[1] },
        }
        return offset;
    }

    fn read_literals(decoder: *Decoder, block: []const u8, literals: *[]const u8) Error!usize {
        if (block.len == 0) return error.Damaged;
        const first = block[0];
        const kind: u2 = @intCast(first & 3);
        const format: u2 = @intCast((first >> 2) & 3);
        if (kind < 2) {
            const head: usize = switch (format) {
                0, 2 => 1,
                1 => 2,
                3 => 3,
            };
            if (block.len < head) return error.Damaged;
            const word = std.mem.readVarInt(u32, block[0..head], .little);
            const size: usize = if (head == 1) word >> 3 else word >> 4;
            if (size > block_max) return error.Damaged;
            if (kind == 0) {
                if (block.len - head < size) return error.Damaged;
                literals.* = block[head..][0..size];
                return head + size;
            }
            if (block.len - head < 1) return error.Damaged;
            @memset(decoder.literals[0..size], block[head]);
            literals.* = decoder.literals[0..size];
            return head + 1;
        }

        const head: usize = switch (format) {
            0, 1 => 3,
            2 => 4,
            3 => 5,
        };
        const width: u6 = switch (format) {
            0, 1 => 10,
            2 => 14,
            3 => 18,
        };
        if (block.len < head) return error.Damaged;
        const word = std.mem.readVarInt(u64, block[0..head], .little) >> 4;
        const mask = (@as(u64, 1) << width) - 1;
        const size: usize = @intCast(word & mask);
        const stored: usize = @intCast((word >> width) & mask);
        if (size > block_max or stored > block.len - head) return error.Damaged;
        var streams = block[head..][0..stored];
        if (kind == 2) {
            streams = streams[try decoder.huffman.read(streams)..];
        } else if (!decoder.huffman.known) {
            return error.Damaged;
        }
        const out = decoder.literals[0..size];
        if (format == 0) {
            try decoder.huffman.decode(streams, out);
        } else {
            try decoder.decode_four(streams, out);
        }
        literals.* = out;
        return head + stored;
    }

    fn decode_four(decoder: *Decoder, streams: []const u8, out: []u8) Error!void {
        if (streams.len < 6) return error.Damaged;
        const part = (out.len + 3) / 4;
        if (part * 3 > out.len) return error.Damaged;
        var rest = streams[6..];
        for (0..3) |number| {
            const size = std.mem.readInt(u16, streams[number * 2 ..][0..2], .little);
            if (size > rest.len) return error.Damaged;
            try decoder.huffman.decode(rest[0..size], out[number * part ..][0..part]);
            rest = rest[size..];
        }
        try decoder.huffman.decode(rest, out[3 * part ..]);
    }
};

fn set_table(
    table: anytype,
    mode: u8,
    bytes: []const u8,
    defaults: []const i16,
    defaults_log: u4,
    symbols_max: usize,
) Error!usize {
    const log_max: u4 = @intCast(std.math.log2_int(usize, table.entries.len));
    var counts: Counts = undefined;
    switch (mode) {
        0 => {
            counts.log = defaults_log;
            counts.symbols = defaults.len;
            @memcpy(counts.values[0..defaults.len], defaults);
            try table.build(&counts);
            return 0;
        },
        1 => {
            if (bytes.len < 1 or bytes[0] >= symbols_max) return error.Damaged;
            table.build_single(bytes[0]);
            return 1;
        },
        2 => {
            const taken = try counts.read(bytes, log_max, symbols_max);
            try table.build(&counts);
            return taken;
        },
        else => {
            if (!table.known) return error.Damaged;
            return 0;
        },
    }
}

fn copy_literals(literals: []const u8, out: []u8, written: usize) Error!usize {
    if (literals.len > out.len - written) return error.TooLong;
    @memcpy(out[written..][0..literals.len], literals);
    return written + literals.len;
}

fn copy_match(out: []u8, written: usize, offset: usize, length: usize) void {
    assert(offset > 0 and offset <= written);
    if (offset >= length) {
        @memcpy(out[written..][0..length], out[written - offset ..][0..length]);
    } else if (offset == 1) {
        @memset(out[written..][0..length], out[written - 1]);
    } else {
        for (out[written..][0..length], written - offset..) |*byte, from| byte.* = out[from];
    }
}

test "codes reach as far as the format says" {
    try std.testing.expectEqual(65536, literal_codes[35].base);
    try std.testing.expectEqual(65539, match_codes[52].base);
    try std.testing.expectEqual(131, match_codes[43].base);
    try std.testing.expectEqual(64, literal_codes[25].base);
}

test "a raw frame" {
    var decoder: Decoder = .{};
    var out: [16]u8 = undefined;
    const frame = "\x28\xb5\x2f\xfd\x20\x03\x19\x00\x00abc";
    try std.testing.expectEqual(3, try decoder.decode(frame, &out));
    try std.testing.expectEqualStrings("abc", out[0..3]);
    try std.testing.expectError(error.WrongLength, decoder.decode(frame ++ "x", &out));
    for (0..frame.len) |cut| {
        if (decoder.decode(frame[0..cut], &out)) |_| return error.TestUnexpectedResult else |_| {}
    }
}
