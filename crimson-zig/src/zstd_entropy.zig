//! The entropy coders of zstd (RFC 8878): tabled asymmetric numbers (FSE) for the parts of sequences, Huffman for
//! literals. Streams are written from their last symbol to the first, since they are read from the end.

const std = @import("std");
const assert = std.debug.assert;

/// Writes bits, the lowest first.
pub const BitWriter = struct {
    out: []u8,
    position: usize = 0,
    pending: u64 = 0,
    count: u6 = 0,

    pub fn add(bits: *BitWriter, value: u64, width: u6) void {
        assert(width <= 32 and bits.count < 8);
        bits.pending |= (value & ((@as(u64, 1) << width) - 1)) << bits.count;
        bits.count += width;
        while (bits.count >= 8) {
            bits.out[bits.position] = @truncate(bits.pending);
            bits.position += 1;
            bits.pending >>= 8;
            bits.count -= 8;
        }
    }

    /// Fills the last byte with zeros.
    fn pad(bits: *BitWriter) void {
        if (bits.count > 0) {
            bits.out[bits.position] = @truncate(bits.pending);
            bits.position += 1;
            bits.pending = 0;
            bits.count = 0;
        }
    }

    /// Marks the end for a reader that comes from there; returns how many bytes the stream takes.
    pub fn close(bits: *BitWriter) usize {
        bits.add(1, 1);
        bits.pad();
        return bits.position;
    }
};

/// How probable each symbol is, in parts of `1 << log`. A symbol that occurs has at least one part, or -1: less than one.
pub const Distribution = struct {
    log: u4,
    symbols: usize,
    parts: [64]i16,

    pub fn of_parts(comptime log: u4, comptime parts: []const i16) Distribution {
        var distribution: Distribution = .{ .log = log, .symbols = parts.len, .parts = @splat(0) };
        for (parts, 0..) |part, symbol| distribution.parts[symbol] = part;
        return distribution;
    }

    /// The distribution of counted symbols, of which there must be two at least.
    pub fn of_counts(counts: []const u32, log: u4) Distribution {
        var distribution: Distribution = .{ .log = log, .symbols = 0, .parts = @splat(0) };
        const size: i32 = @as(i32, 1) << log;
        var total: u64 = 0;
        for (counts, 0..) |count, symbol| {
            total += count;
            if (count > 0) distribution.symbols = symbol + 1;
        }
        var left = size;
        var largest: usize = 0;
        for (counts[0..distribution.symbols], 0..) |count, symbol| {
            if (count == 0) continue;
            const part: i16 = @intCast(@max(1, @as(u64, count) * @as(u64, @intCast(size)) / total));
            distribution.parts[symbol] = part;
            left -= part;
            if (part > distribution.parts[largest]) largest = symbol;
        }
        // What rounding left goes to the largest; what the smallest took too much comes from the larger ones.
        while (left < 0) : (left += 1) {
            for (distribution.parts[0..distribution.symbols], 0..) |part, symbol| {
                if (part > distribution.parts[largest]) largest = symbol;
            }
            assert(distribution.parts[largest] > 1);
            distribution.parts[largest] -= 1;
        }
        distribution.parts[largest] += @intCast(left);
        return distribution;
    }

    /// How many bits the counted symbols take, roughly; null when one of them has no part.
    pub fn cost(distribution: *const Distribution, counts: []const u32) ?f64 {
        var bits: f64 = 0;
        for (counts, 0..) |count, symbol| {
            if (count == 0) continue;
            if (symbol >= distribution.symbols or distribution.parts[symbol] == 0) return null;
            const part: f64 = @floatFromInt(@max(1, distribution.parts[symbol]));
            const log: f64 = @floatFromInt(distribution.log);
            bits += @as(f64, @floatFromInt(count)) * (log - std.math.log2(part));
        }
        return bits;
    }

    /// Writes the table's description; returns how many bytes it takes.
    pub fn describe(distribution: *const Distribution, out: []u8) usize {
        var bits: BitWriter = .{ .out = out };
        bits.add(distribution.log - 5, 4);
        var remaining: i32 = (@as(i32, 1) << distribution.log) + 1;
        var threshold: i32 = @as(i32, 1) << distribution.log;
        var width: u6 = @as(u6, distribution.log) + 1;
        var symbol: usize = 0;
        while (remaining > 1) {
            const part = distribution.parts[symbol];
            symbol += 1;
            const low_max = 2 * threshold - 1 - remaining;
            remaining -= @intCast(@abs(part));
            var value: i32 = part + 1;
            if (value >= threshold) value += low_max;
            bits.add(@intCast(value), if (value < low_max) width - 1 else width);
            if (part == 0) {
                var zeros: usize = 0;
                while (distribution.parts[symbol + zeros] == 0) zeros += 1;
                symbol += zeros;
                while (zeros >= 3) : (zeros -= 3) bits.add(3, 2);
                bits.add(zeros, 2);
            }
            while (remaining < threshold) {
                threshold >>= 1;
                width -= 1;
            }
        }
        bits.pad();
        return bits.position;
    }
};

const fse_log_max = 9;

pub const FseTable = struct {
    log: u4,
    next: [1 << fse_log_max]u16,
    /// Per symbol: what decides how many bits of the state are written, and where the next state is found.
    bits: [64]i32,
    find: [64]i32,

    pub fn build(table: *FseTable, distribution: *const Distribution) void {
        const log = distribution.log;
        const size = @as(usize, 1) << log;
        const parts = distribution.parts[0..distribution.symbols];
        table.log = log;
        var spread: [1 << fse_log_max]u8 = undefined;
        var starts: [65]u16 = undefined;
        starts[0] = 0;
        var high = size;
        for (parts, 0..) |part, symbol| {
            starts[symbol + 1] = starts[symbol] + @as(u16, @abs(part));
            if (part == -1) {
                high -= 1;
                spread[high] = @intCast(symbol);
            }
        }
        const step = (size >> 1) + (size >> 3) + 3;
        var position: usize = 0;
        for (parts, 0..) |part, symbol| {
            if (part <= 0) continue;
            for (0..@intCast(part)) |_| {
                spread[position] = @intCast(symbol);
                position = (position + step) & (size - 1);
                while (position >= high) position = (position + step) & (size - 1);
            }
        }
        assert(position == 0);
        for (spread[0..size], size..) |symbol, state| {
            table.next[starts[symbol]] = @intCast(state);
            starts[symbol] += 1;
        }
        var total: i32 = 0;
        for (parts, 0..) |part, symbol| {
            const count: i32 = @intCast(@abs(part));
            if (count == 0) continue;
            const bits_max: u5 = if (count == 1) log else log - @as(u5, std.math.log2_int(u32, @intCast(count - 1)));
            table.bits[symbol] = (@as(i32, bits_max) << 16) - (count << bits_max);
            table.find[symbol] = total - count;
            total += count;
        }
    }
};

pub const FseState = struct {
    table: *const FseTable,
    value: u32,

    /// The state that yields a symbol without any bits: that of the last one.
    pub fn init(table: *const FseTable, symbol: usize) FseState {
        const bits: u5 = @intCast((table.bits[symbol] + (1 << 15)) >> 16);
        const value = (@as(i32, bits) << 16) - table.bits[symbol];
        return .{ .table = table, .value = table.next[@intCast((value >> bits) + table.find[symbol])] };
    }

    pub fn encode(state: *FseState, symbol: usize, out: *BitWriter) void {
        const table = state.table;
        const bits: u5 = @intCast((@as(i32, @intCast(state.value)) + table.bits[symbol]) >> 16);
        out.add(state.value, bits);
        state.value = table.next[@intCast(@as(i32, @intCast(state.value >> bits)) + table.find[symbol])];
    }

    pub fn flush(state: *const FseState, out: *BitWriter) void {
        out.add(state.value, state.table.log);
    }
};

const code_bits_max = 11;

/// A Huffman code of bytes, in the form that zstd describes it.
pub const HuffmanCode = struct {
    lengths: [256]u8,
    codes: [256]u16,
    log: u4,
    /// One more than the last symbol that occurs.
    symbols: usize,

    /// Makes the code of counted bytes; null when fewer than two occur.
    pub fn build(code: *HuffmanCode, counts: *const [256]u32) bool {
        var scaled = counts.*;
        var present: usize = 0;
        code.symbols = 0;
        for (scaled, 0..) |count, symbol| {
            if (count == 0) continue;
            present += 1;
            code.symbols = symbol + 1;
        }
        if (present < 2) return false;
        while (true) {
            const deepest = measure(&scaled, &code.lengths);
            if (deepest <= code_bits_max) {
                code.log = @intCast(deepest);
                break;
            }
            // flatter counts make a flatter tree
            for (&scaled) |*count| {
                if (count.* > 0) count.* = count.* / 2 + 1;
            }
        }
        var position: u32 = 0;
        var length = code.log;
        while (length > 0) : (length -= 1) {
            const weight_shift: u4 = code.log - length;
            for (code.lengths[0..code.symbols], 0..) |own, symbol| {
                if (own != length) continue;
                code.codes[symbol] = @intCast(position >> weight_shift);
                position += @as(u32, 1) << weight_shift;
            }
        }
        assert(position == @as(u32, 1) << code.log);
        return true;
    }

    const Node = struct { count: u64, parent: u16 };

    /// The length of each symbol's code by Huffman's method; returns the longest.
    fn measure(counts: *const [256]u32, lengths: *[256]u8) u32 {
        var order: [256]u8 = undefined;
        var leaves: usize = 0;
        for (counts, 0..) |count, symbol| {
            if (count == 0) continue;
            order[leaves] = @intCast(symbol);
            leaves += 1;
        }
        std.mem.sort(u8, order[0..leaves], counts, struct {
            fn less(context: *const [256]u32, one: u8, two: u8) bool {
                return context[one] < context[two];
            }
        }.less);
        var nodes: [512]Node = undefined;
        for (order[0..leaves], 0..) |symbol, place| nodes[place] = .{ .count = counts[symbol], .parent = 0 };
        // leaves ascend, and so do the nodes made of them: the two smallest are at the head of one of both
        var leaf: usize = 0;
        var inner = leaves;
        const root = 2 * leaves - 2;
        for (leaves..root + 1) |made| {
            var sum: u64 = 0;
            for (0..2) |_| {
                const take_leaf = leaf < leaves and (inner == made or nodes[leaf].count <= nodes[inner].count);
                const child = if (take_leaf) leaf else inner;
                if (take_leaf) leaf += 1 else inner += 1;
                nodes[child].parent = @intCast(made);
                sum += nodes[child].count;
            }
            nodes[made] = .{ .count = sum, .parent = 0 };
        }
        var depths: [512]u16 = undefined;
        depths[root] = 0;
        var node = root;
        while (node > 0) {
            node -= 1;
            depths[node] = depths[nodes[node].parent] + 1;
        }
        lengths.* = @splat(0);
        var deepest: u32 = 0;
        for (order[0..leaves], depths[0..leaves]) |symbol, depth| {
            lengths[symbol] = @intCast(@min(depth, 255));
            deepest = @max(deepest, depth);
        }
        return deepest;
    }

    /// Writes the tree's description; null when there is no form for it.
    pub fn describe(code: *const HuffmanCode, out: []u8) ?usize {
        var weights: [256]u8 = undefined;
        // the last symbol's weight follows from the others
        const given = code.symbols - 1;
        var counts: [16]u32 = @splat(0);
        for (weights[0..given], code.lengths[0..given]) |*weight, length| {
            weight.* = if (length == 0) 0 else @as(u8, code.log) + 1 - length;
            counts[weight.*] += 1;
        }
        if (encode_weights(weights[0..given], &counts, out[1..])) |size| {
            if (size < 128) {
                out[0] = @intCast(size);
                return 1 + size;
            }
        }
        if (given > 128) return null;
        out[0] = @intCast(127 + given);
        const size = (given + 1) / 2;
        for (0..size) |place| {
            const low = if (2 * place + 1 < given) weights[2 * place + 1] else 0;
            out[1 + place] = weights[2 * place] << 4 | low;
        }
        return 1 + size;
    }

    fn encode_weights(weights: []const u8, counts: *const [16]u32, out: []u8) ?usize {
        if (weights.len < 2) return null;
        for (counts) |count| {
            if (count == weights.len) return null;
        }
        const distribution = Distribution.of_counts(counts, if (weights.len > 64) 6 else 5);
        const head = distribution.describe(out);
        var table: FseTable = undefined;
        table.build(&distribution);
        var bits: BitWriter = .{ .out = out[head..] };
        var left = weights.len;
        var states: [2]FseState = undefined;
        // the states take turns, so that the first symbol is the first state's
        for (0..2) |_| {
            left -= 1;
            states[left % 2] = .init(&table, weights[left]);
        }
        while (left > 0) {
            left -= 1;
            states[left % 2].encode(weights[left], &bits);
        }
        states[1].flush(&bits);
        states[0].flush(&bits);
        return head + bits.close();
    }

    /// How many bytes the counted bytes take, without the description.
    pub fn coded_size(code: *const HuffmanCode, counts: *const [256]u32) usize {
        var bits: usize = 0;
        for (counts, code.lengths) |count, length| bits += @as(usize, count) * length;
        return bits / 8 + 1;
    }

    /// Writes a stream; returns how many bytes it takes.
    pub fn encode(code: *const HuffmanCode, bytes: []const u8, out: []u8) usize {
        var bits: BitWriter = .{ .out = out };
        var left = bytes.len;
        while (left > 0) {
            left -= 1;
            bits.add(code.codes[bytes[left]], @intCast(code.lengths[bytes[left]]));
        }
        return bits.close();
    }
};
