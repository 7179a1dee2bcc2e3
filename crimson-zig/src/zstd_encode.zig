//! Writes zstd frames (RFC 8878) that any zstd reads: matches found by hash chains, one step of lazy choice, Huffman
//! coded literals, and for each part of sequences the cheaper of the predefined and an own table.

const std = @import("std");
const decode = @import("zstd_decode.zig");
const entropy = @import("zstd_entropy.zig");
const BitWriter = entropy.BitWriter;
const Distribution = entropy.Distribution;
const assert = std.debug.assert;

const block_max = 128 * 1024;
const raw_max = 1 << 25;
const match_min = 4;
/// A shorter match is worth its sequence only near by.
const near_match_max = 5;
const near_offset_max = 1 << 16;
const hash_bits = 17;
const chain_depth = 1;
/// A match this long is taken without looking for a better one.
const good_match = 96;

const literal_default: Distribution = .of_parts(6, &decode.literal_defaults);
const match_default: Distribution = .of_parts(6, &decode.match_defaults);
const offset_default: Distribution = .of_parts(5, &decode.offset_defaults);

const Sequence = struct { literals: u32, match: u32, offset_value: u32 };
/// `gain` is what it saves, roughly in quarters of a byte.
const Match = struct { offset: u32 = 0, length: u32 = 0, gain: i32 = 0 };

pub const Encoder = struct {
    /// The position after the last one with a hash, and for each position the one before it in its chain.
    heads: [1 << hash_bits]u32,
    chain: [raw_max]u32,
    /// How many positions have been put into the chains.
    remembered: usize,
    repeats: [3]u32,
    sequences: [block_max / match_min + 1]Sequence,
    sequence_count: usize,
    literals: [block_max]u8,
    literal_count: usize,
    /// A block that is being made; a literal takes 11 bits at most, a sequence less than its match's bytes.
    block: [2 * block_max]u8,

    /// Writes one frame with its content size to the start of `out`; returns how many bytes it takes.
    pub fn encode(encoder: *Encoder, raw: []const u8, out: []u8) usize {
        assert(raw.len <= raw_max);
        var writer: std.Io.Writer = .fixed(out);
        encoder.write_frame(&writer, raw) catch unreachable;
        return writer.end;
    }

    fn write_frame(encoder: *Encoder, out: *std.Io.Writer, raw: []const u8) std.Io.Writer.Error!void {
        @memset(&encoder.heads, 0);
        encoder.remembered = 0;
        encoder.repeats = .{ 1, 4, 8 };
        try out.writeAll("\x28\xb5\x2f\xfd");
        // A single segment: the window is the content.
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
            const before = encoder.repeats;
            encoder.find_sequences(raw, start, end);
            const size = encoder.write_block();
            if (size < end - start) {
                try out.writeInt(u24, last | 2 << 1 | @as(u24, @intCast(size << 3)), .little);
                try out.writeAll(encoder.block[0..size]);
            } else {
                encoder.repeats = before;
                try out.writeInt(u24, last | @as(u24, @intCast((end - start) << 3)), .little);
                try out.writeAll(raw[start..end]);
            }
            if (last == 1) return;
            start = end;
        }
    }

    // Matches

    fn find_sequences(encoder: *Encoder, raw: []const u8, start: usize, end: usize) void {
        encoder.sequence_count = 0;
        encoder.literal_count = 0;
        var anchor = start;
        var position = start;
        while (position + 8 <= end) {
            var match = encoder.find(raw, position, end, position > anchor);
            encoder.remember(raw, position + 1);
            if (match.length == 0) {
                // what does not compress is passed over ever faster
                position += 1 + ((position - anchor) >> 4);
                continue;
            }
            while (match.length < good_match and position + 9 <= end) {
                const later = encoder.find(raw, position + 1, end, true);
                if (later.gain <= match.gain + 1) break;
                match = later;
                position += 1;
                encoder.remember(raw, position + 1);
            }
            while (position > anchor and position > match.offset and
                raw[position - 1] == raw[position - 1 - match.offset])
            {
                position -= 1;
                match.length += 1;
            }
            assert(match.offset > 0);
            encoder.add(raw[anchor..position], match);
            const after = position + match.length;
            encoder.remember(raw, @min(after, end - 7));
            position = after;
            anchor = after;
        }
        const rest = raw[anchor..end];
        @memcpy(encoder.literals[encoder.literal_count..][0..rest.len], rest);
        encoder.literal_count += rest.len;
    }

    fn hash(raw: []const u8, position: usize) usize {
        const word = std.mem.readInt(u32, raw[position..][0..4], .little);
        return (word *% 0x9e3779b1) >> (32 - hash_bits);
    }

    /// Makes the positions up to `until` findable.
    fn remember(encoder: *Encoder, raw: []const u8, until: usize) void {
        while (encoder.remembered < until) : (encoder.remembered += 1) {
            const head = &encoder.heads[hash(raw, encoder.remembered)];
            encoder.chain[encoder.remembered] = head.*;
            head.* = @intCast(encoder.remembered + 1);
        }
    }

    fn find(encoder: *const Encoder, raw: []const u8, position: usize, end: usize, after_literals: bool) Match {
        var best: Match = .{};
        if (after_literals) {
            // a repeated distance costs almost nothing
            const offset = encoder.repeats[0];
            if (offset <= position) {
                const length = common(raw, position, offset, end);
                if (length >= match_min) best = .{ .offset = offset, .length = length, .gain = gain_of(length, 1) };
            }
            if (best.length >= good_match) return best;
        }
        var candidate = encoder.heads[hash(raw, position)];
        var depth: u32 = 0;
        while (candidate != 0 and depth < chain_depth) : (depth += 1) {
            const from = candidate - 1;
            if (from < position) {
                const offset: u32 = @intCast(position - from);
                // the byte that would make it longer than the best one so far
                const probe = position + best.length;
                if (probe < end and raw[probe] == raw[probe - offset]) {
                    const length = common(raw, position, offset, end);
                    const worth = length > near_match_max or (length >= match_min and offset <= near_offset_max);
                    const gain = gain_of(length, offset);
                    if (worth and gain > best.gain) {
                        best = .{ .offset = offset, .length = length, .gain = gain };
                        if (length >= good_match) return best;
                    }
                }
            }
            candidate = encoder.chain[from];
        }
        return best;
    }

    fn gain_of(length: u32, offset: u32) i32 {
        return @as(i32, @intCast(length)) * 4 - std.math.log2_int(u32, offset);
    }

    fn common(raw: []const u8, position: usize, offset: usize, end: usize) u32 {
        var length: usize = 0;
        while (position + length + 8 <= end) : (length += 8) {
            const one = std.mem.readInt(u64, raw[position + length ..][0..8], .little);
            const two = std.mem.readInt(u64, raw[position + length - offset ..][0..8], .little);
            if (one != two) return @intCast(length + @ctz(one ^ two) / 8);
        }
        while (position + length < end and raw[position + length] == raw[position + length - offset]) length += 1;
        return @intCast(length);
    }

    fn add(encoder: *Encoder, literals: []const u8, match: Match) void {
        @memcpy(encoder.literals[encoder.literal_count..][0..literals.len], literals);
        encoder.literal_count += literals.len;
        encoder.sequences[encoder.sequence_count] = .{
            .literals = @intCast(literals.len),
            .match = match.length,
            .offset_value = encoder.offset_value(match.offset, literals.len),
        };
        encoder.sequence_count += 1;
    }

    /// How a distance is written: as one of the last three where it is.
    fn offset_value(encoder: *Encoder, offset: u32, literals: usize) u32 {
        const repeats = encoder.repeats;
        const shift = @intFromBool(literals == 0);
        for (repeats[shift..], shift..) |repeat, place| {
            if (repeat != offset) continue;
            switch (place) {
                0 => {},
                1 => encoder.repeats = .{ offset, repeats[0], repeats[2] },
                else => encoder.repeats = .{ offset, repeats[0], repeats[1] },
            }
            return @intCast(place + 1 - shift);
        }
        encoder.repeats = .{ offset, repeats[0], repeats[1] };
        return offset + 3;
    }

    // Blocks

    /// Makes the block of what was found; returns its size.
    fn write_block(encoder: *Encoder) usize {
        var size = encoder.write_literals();
        const out = &encoder.block;
        const count = encoder.sequence_count;
        if (count < 128) {
            out[size] = @intCast(count);
            size += 1;
        } else if (count < 0x7f00) {
            out[size] = @intCast((count >> 8) + 128);
            out[size + 1] = @truncate(count);
            size += 2;
        } else {
            out[size] = 255;
            std.mem.writeInt(u16, out[size + 1 ..][0..2], @intCast(count - 0x7f00), .little);
            size += 3;
        }
        if (count == 0) return size;
        return encoder.write_sequences(size);
    }

    fn write_literals(encoder: *Encoder) usize {
        const literals = encoder.literals[0..encoder.literal_count];
        const out = &encoder.block;
        var counts: [256]u32 = @splat(0);
        for (literals) |byte| counts[byte] += 1;
        if (literals.len > 8 and counts[literals[0]] == literals.len) {
            const head = literals_head(out, 1, literals.len);
            out[head] = literals[0];
            return head + 1;
        }
        var code: entropy.HuffmanCode = undefined;
        if (literals.len >= 64 and code.build(&counts) and code.coded_size(&counts) + 16 < literals.len) {
            if (write_coded(out, literals, &code)) |size| {
                if (size < literals.len) return size;
            }
        }
        const head = literals_head(out, 0, literals.len);
        @memcpy(out[head..][0..literals.len], literals);
        return head + literals.len;
    }

    /// The head of literals that are plain, or all the same.
    fn literals_head(out: []u8, kind: u8, size: usize) usize {
        if (size < 32) {
            out[0] = kind | @as(u8, @intCast(size << 3));
            return 1;
        }
        if (size < 4096) {
            std.mem.writeInt(u16, out[0..2], @intCast(kind | 1 << 2 | size << 4), .little);
            return 2;
        }
        std.mem.writeInt(u24, out[0..3], @intCast(kind | 3 << 2 | size << 4), .little);
        return 3;
    }

    fn write_coded(out: []u8, literals: []const u8, code: *const entropy.HuffmanCode) ?usize {
        const single = literals.len < 256;
        const head: usize = if (literals.len < 1024) 3 else if (literals.len < 16384) 4 else 5;
        const tree = code.describe(out[head..]) orelse return null;
        var size = tree;
        if (single) {
            size += code.encode(literals, out[head + size ..]);
        } else {
            const jumps = head + size;
            size += 6;
            const part = (literals.len + 3) / 4;
            for (0..4) |number| {
                const bytes = literals[number * part .. @min((number + 1) * part, literals.len)];
                const stream = code.encode(bytes, out[head + size ..]);
                size += stream;
                if (number == 3) break;
                if (stream > 0xffff) return null;
                std.mem.writeInt(u16, out[jumps + 2 * number ..][0..2], @intCast(stream), .little);
            }
        }
        if (size >= literals.len) return null;
        const format: u64 = if (single) 0 else if (head == 3) 1 else if (head == 4) 2 else 3;
        const width: u6 = switch (head) {
            3 => 10,
            4 => 14,
            else => 18,
        };
        const word = 2 | format << 2 | @as(u64, literals.len) << 4 | @as(u64, size) << (4 + width);
        for (out[0..head], 0..) |*byte, place| byte.* = @truncate(word >> @intCast(8 * place));
        return head + size;
    }

    const Codes = struct { literal: u8, match: u8, offset: u8 };

    fn codes_of(sequence: Sequence) Codes {
        return .{
            .literal = code_of(&decode.literal_codes, sequence.literals),
            .match = code_of(&decode.match_codes, sequence.match),
            .offset = std.math.log2_int(u32, sequence.offset_value),
        };
    }

    fn code_of(table: []const decode.Code, value: u32) u8 {
        var low: usize = 0;
        var high = table.len;
        while (high - low > 1) {
            const middle = (low + high) / 2;
            if (table[middle].base <= value) low = middle else high = middle;
        }
        return @intCast(low);
    }

    fn write_sequences(encoder: *Encoder, start: usize) usize {
        const sequences = encoder.sequences[0..encoder.sequence_count];
        const out = &encoder.block;
        var literal_counts: [64]u32 = @splat(0);
        var match_counts: [64]u32 = @splat(0);
        var offset_counts: [64]u32 = @splat(0);
        for (sequences) |sequence| {
            const codes = codes_of(sequence);
            literal_counts[codes.literal] += 1;
            match_counts[codes.match] += 1;
            offset_counts[codes.offset] += 1;
        }
        var size = start + 1;
        var literal_table: entropy.FseTable = undefined;
        var match_table: entropy.FseTable = undefined;
        var offset_table: entropy.FseTable = undefined;
        const literal_mode = choose(&literal_table, &literal_counts, &literal_default, 9, out, &size);
        const offset_mode = choose(&offset_table, &offset_counts, &offset_default, 8, out, &size);
        const match_mode = choose(&match_table, &match_counts, &match_default, 9, out, &size);
        out[start] = literal_mode << 6 | offset_mode << 4 | match_mode << 2;

        var bits: BitWriter = .{ .out = out[size..] };
        var literal_state: entropy.FseState = undefined;
        var match_state: entropy.FseState = undefined;
        var offset_state: entropy.FseState = undefined;
        var left = sequences.len;
        while (left > 0) {
            left -= 1;
            const sequence = sequences[left];
            const codes = codes_of(sequence);
            if (left + 1 == sequences.len) {
                match_state = .init(&match_table, codes.match);
                offset_state = .init(&offset_table, codes.offset);
                literal_state = .init(&literal_table, codes.literal);
            } else {
                offset_state.encode(codes.offset, &bits);
                match_state.encode(codes.match, &bits);
                literal_state.encode(codes.literal, &bits);
            }
            const literal = decode.literal_codes[codes.literal];
            const match = decode.match_codes[codes.match];
            bits.add(sequence.literals - literal.base, literal.bits);
            bits.add(sequence.match - match.base, match.bits);
            bits.add(sequence.offset_value, @intCast(codes.offset));
        }
        match_state.flush(&bits);
        offset_state.flush(&bits);
        literal_state.flush(&bits);
        return size + bits.close();
    }

    /// Builds the cheapest table and writes its description; returns its mode.
    fn choose(
        table: *entropy.FseTable,
        counts: *const [64]u32,
        default: *const Distribution,
        log_max: u4,
        out: []u8,
        size: *usize,
    ) u8 {
        var total: u32 = 0;
        var present: u32 = 0;
        var only: usize = 0;
        for (counts, 0..) |count, symbol| {
            total += count;
            if (count == 0) continue;
            present += 1;
            only = symbol;
        }
        if (present == 1) {
            // a table of one entry, which takes no bits
            table.log = 0;
            table.next[0] = 1;
            table.bits[only] = -1;
            table.find[only] = -1;
            out[size.*] = @intCast(only);
            size.* += 1;
            return 1;
        }
        const fitting = std.math.log2_int(u32, total);
        const log: u4 = @intCast(std.math.clamp(fitting, 5, log_max));
        const own = Distribution.of_counts(counts, log);
        const described = own.describe(out[size.*..]);
        const own_bits = own.cost(counts).? + @as(f64, @floatFromInt(described * 8));
        const default_bits = default.cost(counts);
        if (default_bits == null or own_bits < default_bits.?) {
            size.* += described;
            table.build(&own);
            return 2;
        }
        table.build(default);
        return 0;
    }
};

test "what is written is read back" {
    const gpa = std.heap.page_allocator;
    const encoder = try gpa.create(Encoder);
    defer gpa.destroy(encoder);
    const decoder = try gpa.create(decode.Decoder);
    defer gpa.destroy(decoder);
    decoder.* = .{};
    const sizes = [_]usize{ 0, 1, 7, 8, 63, 64, 255, 256, 1000, 1023, 1024, 5000, 16384, 65791, 65792, 131072, 131073, 400_000 };
    const raw = try gpa.alloc(u8, 400_000);
    defer gpa.free(raw);
    const frame = try gpa.alloc(u8, 500_000);
    defer gpa.free(frame);
    const back = try gpa.alloc(u8, 400_000);
    defer gpa.free(back);
    var prng = std.Random.DefaultPrng.init(1);
    const random = prng.random();
    for (0..6) |kind| {
        for (raw, 0..) |*byte, position| byte.* = switch (kind) {
            0 => 0,
            1 => random.int(u8),
            2 => random.int(u8) & random.int(u8) & random.int(u8),
            3 => if (position >= 1000 and random.uintLessThan(u32, 50) > 0) raw[position - 1000] else random.int(u8),
            4 => @truncate(position / 300),
            else => @truncate(@min(random.int(u32) % 300, random.int(u32) % 300)),
        };
        for (sizes) |size| {
            const written = encoder.encode(raw[0..size], frame);
            try std.testing.expect(written <= size + size / 128 + 128);
            try std.testing.expectEqual(size, try decoder.decode(frame[0..written], back[0..size]));
            try std.testing.expectEqualSlices(u8, raw[0..size], back[0..size]);
        }
    }
}
