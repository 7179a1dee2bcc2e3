//! Opening what the user names, and writing files that are either whole or absent.

const std = @import("std");
const Io = std.Io;
const Problem = @import("problem.zig").Problem;
const Refused = @import("problem.zig").Refused;
const system_reason = @import("problem.zig").system_reason;

/// Opens a regular file for reading; a pipe or a device may never end.
pub fn open_input(io: Io, path: []const u8, problem: *Problem) Refused!Io.File {
    const cwd: Io.Dir = .cwd();
    const stat = cwd.statFile(io, path, .{}) catch |failure| {
        return problem.refuse(path, "cannot be read: {s}", .{system_reason(failure)});
    };
    switch (stat.kind) {
        .file => {},
        .directory => return problem.refuse(path, "cannot be read: it is a directory", .{}),
        else => return problem.refuse(path, "cannot be read: it is no regular file", .{}),
    }
    return cwd.openFile(io, path, .{}) catch |failure| {
        return problem.refuse(path, "cannot be read: {s}", .{system_reason(failure)});
    };
}

/// Whether two paths lead to one file that is there.
pub fn same_file(io: Io, one: []const u8, other: []const u8) bool {
    const cwd: Io.Dir = .cwd();
    const left = cwd.statFile(io, one, .{}) catch return false;
    const right = cwd.statFile(io, other, .{}) catch return false;
    return left.inode == right.inode and left.size == right.size and left.mtime.nanoseconds == right.mtime.nanoseconds;
}

/// A file that is written beside its target, and becomes it at the end.
pub const AtomicFile = struct {
    io: Io,
    target: []const u8,
    part_buffer: [std.fs.max_path_bytes]u8,
    part_length: usize,
    file: Io.File,
    size: u64 = 0,
    finished: bool = false,

    pub fn create(io: Io, target: []const u8, problem: *Problem) Refused!AtomicFile {
        const cwd: Io.Dir = .cwd();
        if (cwd.statFile(io, target, .{})) |stat| {
            if (stat.kind != .file) {
                const what = if (stat.kind == .directory) "a directory" else "no regular file";
                return problem.refuse(target, "cannot be written: it is {s}", .{what});
            }
        } else |_| {}
        var atomic: AtomicFile = .{
            .io = io,
            .target = target,
            .part_buffer = undefined,
            .part_length = 0,
            .file = undefined,
        };
        var random: [8]u8 = undefined;
        io.random(&random);
        const folder = std.fs.path.dirname(target) orelse ".";
        const part = std.fmt.bufPrint(&atomic.part_buffer, "{s}/.{s}.{x}.part", .{
            folder,
            std.fs.path.basename(target),
            random,
        }) catch return problem.refuse(target, "cannot be written: its path is too long", .{});
        atomic.part_length = part.len;
        atomic.file = cwd.createFile(io, part, .{ .exclusive = true, .read = true }) catch |failure| {
            return atomic.cannot_write(failure, problem);
        };
        return atomic;
    }

    fn part_path(atomic: *const AtomicFile) []const u8 {
        return atomic.part_buffer[0..atomic.part_length];
    }

    pub fn append(atomic: *AtomicFile, bytes: []const u8, problem: *Problem) Refused!void {
        atomic.file.writePositionalAll(atomic.io, bytes, atomic.size) catch |failure| {
            return atomic.cannot_write(failure, problem);
        };
        atomic.size += bytes.len;
    }

    /// Lets the file become its target.
    pub fn finish(atomic: *AtomicFile, problem: *Problem) Refused!void {
        atomic.file.sync(atomic.io) catch |failure| return atomic.cannot_write(failure, problem);
        const cwd: Io.Dir = .cwd();
        cwd.rename(atomic.part_path(), cwd, atomic.target, atomic.io) catch |failure| {
            return atomic.cannot_write(failure, problem);
        };
        atomic.finished = true;
    }

    /// Leaves nothing behind of a file that was not finished.
    pub fn deinit(atomic: *AtomicFile) void {
        atomic.file.close(atomic.io);
        if (!atomic.finished) Io.Dir.cwd().deleteFile(atomic.io, atomic.part_path()) catch {};
        atomic.* = undefined;
    }

    fn cannot_write(atomic: *const AtomicFile, failure: anyerror, problem: *Problem) Refused {
        return problem.refuse(atomic.target, "cannot be written: {s} (nothing was left there)", .{
            system_reason(failure),
        });
    }
};
