//! Every way to stop with a reason: one line on standard error, and an exit code that says whose fault it is.

const std = @import("std");

pub const Blame = enum(u8) {
    /// The arguments or the tape are wrong: the stand-in cannot play this.
    tape = 2,
    /// The tape is well-formed and what runs does not do what it says.
    run = 3,
};

/// Prints `standin: MESSAGE` and leaves through libc, whose exit Frida watches to collect what is left.
pub fn stop(blame: Blame, comptime format: []const u8, arguments: anytype) noreturn {
    var buffer: [1024]u8 = undefined;
    const line = std.fmt.bufPrint(&buffer, "standin: " ++ format ++ "\n", arguments) catch
        "standin: stopped, and its reason is too long to print\n";
    print(std.c.STDERR_FILENO, line);
    std.c.exit(@backingInt(blame));
}

/// A broken assertion or a failed safety check of the stand-in itself.
pub fn panic(message: []const u8, first_trace_address: ?usize) noreturn {
    @branchHint(.cold);
    var buffer: [1024]u8 = undefined;
    const line = std.fmt.bufPrint(&buffer, "standin: a bug at 0x{x:0>8}: {s}\n", .{
        first_trace_address orelse @returnAddress(), message,
    }) catch "standin: a bug\n";
    print(std.c.STDERR_FILENO, line);
    std.c.abort();
}

/// Writes all of `text`, or as much as the reader takes: nobody is left to tell of a broken pipe.
pub fn print(descriptor: std.c.fd_t, text: []const u8) void {
    var rest = text;
    while (rest.len > 0) {
        const written = std.c.write(descriptor, rest.ptr, rest.len);
        if (written <= 0) return;
        rest = rest[@intCast(written)..];
    }
}
