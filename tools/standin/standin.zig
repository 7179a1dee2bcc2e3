//! Stands in for crimsonland.exe where the game is absent: a 32-bit process with memory and functions at the
//! original's addresses, which plays a tape. It knows nothing of the game: the tape says what happens.

const std = @import("std");
const linux = std.os.linux;
const calls = @import("calls.zig");
const fault = @import("fault.zig");
const memory = @import("memory.zig");
const player = @import("player.zig");
const tapes = @import("tape.zig");
const assert = std.debug.assert;

// One line instead of a stack trace, and no handler for SIGSEGV: Frida has its own.
pub const panic = std.debug.FullPanic(fault.panic);
pub const std_options: std.Options = .{ .enable_segfault_handler = false };

comptime {
    assert(@sizeOf(usize) == 4);
}

const usage =
    \\usage: standin TAPE [--rate HZ] [--stats] [--wait]
    \\  --rate HZ  ticks per second (default: no waiting)
    \\  --stats    at the end, one line of JSON: ticks and nanoseconds
    \\  --wait     when everything can be hooked, print "ready"; play after a line on standard input
;

const Options = struct { path: [:0]const u8, rate: u32, stats: bool, wait: bool };

// All memory of the program: nothing is allocated while it plays.
var tape: tapes.Tape = undefined;

pub fn main(init: std.process.Init.Minimal) void {
    const options = parse(init.args);
    // the tape is checked before anything stands where a hook could see it
    tape.open(map_file(options.path));
    memory.map();
    calls.install(&tape, &player.handlers);
    if (options.wait) wait();

    const statistics = player.play(&tape, options.rate);
    if (options.stats) {
        var buffer: [128]u8 = undefined;
        const line = std.fmt.bufPrint(&buffer, "{{\"ticks\":{d},\"nanoseconds\":{d}}}\n", .{
            statistics.ticks, statistics.nanoseconds,
        }) catch unreachable;
        fault.print(std.c.STDOUT_FILENO, line);
    }
    std.c.exit(0);
}

fn parse(arguments: std.process.Args) Options {
    var path: ?[:0]const u8 = null;
    var options: Options = .{ .path = "", .rate = 0, .stats = false, .wait = false };
    var rest = arguments.iterate();
    _ = rest.skip();
    while (rest.next()) |argument| {
        if (std.mem.eql(u8, argument, "--stats")) {
            options.stats = true;
        } else if (std.mem.eql(u8, argument, "--wait")) {
            options.wait = true;
        } else if (std.mem.eql(u8, argument, "--rate")) {
            const text = rest.next() orelse fault.stop(.tape, "--rate needs a number\n{s}", .{usage});
            options.rate = std.fmt.parseInt(u32, text, 10) catch 0;
            if (options.rate == 0) fault.stop(.tape, "--rate is a whole number from 1 on, not {s}", .{text});
        } else if (std.mem.startsWith(u8, argument, "-")) {
            fault.stop(.tape, "unknown option {s}\n{s}", .{ argument, usage });
        } else if (path == null) {
            path = argument;
        } else {
            fault.stop(.tape, "one tape at a time\n{s}", .{usage});
        }
    }
    options.path = path orelse fault.stop(.tape, "no tape\n{s}", .{usage});
    return options;
}

fn map_file(path: [:0]const u8) []const u8 {
    const opened = linux.open(path, .{ .LARGEFILE = true }, 0);
    if (linux.errno(opened) != .SUCCESS) {
        fault.stop(.tape, "{s} cannot be opened: {t}", .{ path, linux.errno(opened) });
    }
    const descriptor: linux.fd_t = @intCast(opened);
    var size: i64 = 0;
    const sought = linux.llseek(descriptor, 0, &size, linux.SEEK.END);
    if (linux.errno(sought) != .SUCCESS) {
        fault.stop(.tape, "{s} is no regular file: {t}", .{ path, linux.errno(sought) });
    }
    // what a 32-bit process can map beside everything else
    const size_max = 1 << 30;
    if (size > size_max) fault.stop(.tape, "{s} has {d} bytes, and a tape has at most {d}", .{ path, size, size_max });
    if (size == 0) return &.{};
    const mapped = linux.mmap(null, @intCast(size), .{ .READ = true }, .{ .TYPE = .PRIVATE }, descriptor, 0);
    if (linux.errno(mapped) != .SUCCESS) {
        fault.stop(.tape, "{s} cannot be read: {t}", .{ path, linux.errno(mapped) });
    }
    return @as([*]const u8, @ptrFromInt(mapped))[0..@intCast(size)];
}

fn wait() void {
    fault.print(std.c.STDOUT_FILENO, "ready\n");
    var byte: [1]u8 = undefined;
    while (std.c.read(std.c.STDIN_FILENO, &byte, 1) == 1 and byte[0] != '\n') {}
}
