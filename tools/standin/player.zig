//! Plays a tape: what the game would do to memory, and which functions it would call from where.

const std = @import("std");
const linux = std.os.linux;
const calls = @import("calls.zig");
const fault = @import("fault.zig");
const memory = @import("memory.zig");
const tapes = @import("tape.zig");
const assert = std.debug.assert;

const nanoseconds_per_second = 1_000_000_000;

/// The call that is under way between the tape's op and the function's body: a hook between the two may change
/// nothing of it.
const Pending = struct { function: u16, object: u32, arguments: tapes.Values };

const State = struct {
    tape: *tapes.Tape,
    /// Ticks per second, or 0 for as fast as possible.
    rate: u32,
    started: u64,
    ticks: u64,
    depth: u8,
    pending: ?Pending,
};

// One player: the functions of the original have no argument that could name another.
var state: State = undefined;

pub const Statistics = struct { ticks: u64, nanoseconds: u64 };

/// The handlers of the functions that the tape names.
pub const handlers: calls.Handlers = .init(.{
    .scripted = on_scripted,
    .crt_rand = on_rand,
    .crt_srand = on_srand,
    .getptd = on_getptd,
});

/// Plays all of the tape, which has been opened, at `rate` ticks per second (0: no waiting).
pub fn play(tape: *tapes.Tape, rate: u32) Statistics {
    state = .{ .tape = tape, .rate = rate, .started = now(), .ticks = 0, .depth = 0, .pending = null };
    const eax = play_ops();
    assert(eax == null);
    assert(state.depth == 0);
    return .{ .ticks = state.ticks, .nanoseconds = now() - state.started };
}

/// Plays up to a `return`, whose value it gives, or up to the tape's end.
fn play_ops() ?u32 {
    while (true) {
        switch (state.tape.next()) {
            .write => |op| @memcpy(memory.slice(op.address, @intCast(op.bytes.len)), op.bytes),
            .call => |op| call(op.site, op.values),
            .@"return" => |eax| return eax,
            .draw => |site| call(site, &.{}),
            .expect => |op| expect(op.address, op.value),
            .tick => begin_tick(),
            .end => return null,
            .die => {
                _ = linux.kill(linux.getpid(), .KILL);
                unreachable;
            },
        }
    }
}

fn call(index: u16, values: tapes.Values) void {
    const function = state.tape.function_of(index);
    const site = &state.tape.sites[index];
    const has_object = function.convention == .thiscall;
    const object = if (has_object) values[0] else 0;
    const arguments = if (has_object) values[1..] else values;
    assert(state.pending == null);
    assert(arguments.len == function.arguments);

    if (function.kind == .scripted) {
        state.pending = .{ .function = site.function, .object = object, .arguments = arguments };
    }
    _ = calls.call(function.address, site.return_address, object, arguments);
    if (state.pending != null) {
        fault.stop(.run, "tick {d}: function 0x{x:0>8} was called and did not run", .{ state.ticks, function.address });
    }
}

fn expect(address: u32, wanted: u32) void {
    const found = memory.read(address);
    if (found == wanted) return;
    fault.stop(.run, "tick {d}: memory at 0x{x:0>8} holds 0x{x:0>8}, and the tape expects 0x{x:0>8}", .{
        state.ticks, address, found, wanted,
    });
}

fn begin_tick() void {
    if (state.rate > 0) sleep_until(state.started + state.ticks * nanoseconds_per_second / state.rate);
    state.ticks += 1;
}

fn on_scripted(index: u32, object: u32, arguments: [*]const u32) callconv(.c) u32 {
    const address = state.tape.functions[index].address;
    const pending = state.pending orelse
        fault.stop(.run, "tick {d}: function 0x{x:0>8} was called by something else than the tape", .{
            state.ticks, address,
        });
    if (pending.function != index) {
        fault.stop(.run, "tick {d}: function 0x{x:0>8} ran in place of another", .{ state.ticks, address });
    }
    if (state.tape.functions[index].convention == .thiscall and pending.object != object) {
        fault.stop(.run, "tick {d}: function 0x{x:0>8} found 0x{x:0>8} in ECX, and the tape gave 0x{x:0>8}", .{
            state.ticks, address, object, pending.object,
        });
    }
    for (pending.arguments, 0..) |wanted, place| {
        if (arguments[place] == wanted) continue;
        fault.stop(.run, "tick {d}: function 0x{x:0>8} found argument {d} 0x{x:0>8}, and the tape gave 0x{x:0>8}", .{
            state.ticks, address, place, arguments[place], wanted,
        });
    }
    state.pending = null;

    assert(state.depth < tapes.depth_max);
    state.depth += 1;
    defer state.depth -= 1;
    // the tape was checked: every call has its return
    return play_ops().?;
}

/// Microsoft's generator: the state steps first, then bits 16 to 30 of it are the value.
fn on_rand(_: u32, _: u32, _: [*]const u32) callconv(.c) u32 {
    const stepped = memory.read(memory.seed) *% 214013 +% 2531011;
    memory.write(memory.seed, stepped);
    return stepped >> 16 & 0x7fff;
}

fn on_srand(_: u32, _: u32, arguments: [*]const u32) callconv(.c) u32 {
    memory.write(memory.seed, arguments[0]);
    return 0;
}

fn on_getptd(_: u32, _: u32, _: [*]const u32) callconv(.c) u32 {
    return memory.thread_data;
}

fn now() u64 {
    var time: linux.timespec = undefined;
    const result = linux.clock_gettime(.MONOTONIC, &time);
    assert(result == 0);
    return @as(u64, @intCast(time.sec)) * nanoseconds_per_second + @as(u64, @intCast(time.nsec));
}

fn sleep_until(due: u64) void {
    const time: linux.timespec = .{
        .sec = @intCast(due / nanoseconds_per_second),
        .nsec = @intCast(due % nanoseconds_per_second),
    };
    // a signal wakes it early, and then it sleeps on
    while (linux.errno(linux.clock_nanosleep(.MONOTONIC, .{ .ABSTIME = true }, &time, null)) == .INTR) {}
}
