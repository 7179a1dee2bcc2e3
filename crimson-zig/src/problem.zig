//! What is wrong with a file, as one line for the user: which file, where in it, what was expected.

const std = @import("std");

pub const Refused = error{Refused};

pub const Problem = struct {
    buffer: [2048]u8 = undefined,
    length: usize = 0,

    /// Keeps the line and returns the error that says that there is one.
    pub fn refuse(problem: *Problem, path: []const u8, comptime format: []const u8, arguments: anytype) Refused {
        @branchHint(.cold);
        var writer: std.Io.Writer = .fixed(&problem.buffer);
        // A line too long is cut; its beginning names the file.
        writer.print("{s}: " ++ format, .{path} ++ arguments) catch {};
        problem.length = writer.end;
        return error.Refused;
    }

    pub fn text(problem: *const Problem) []const u8 {
        return problem.buffer[0..problem.length];
    }
};

/// Says what the system could not do with a file.
pub fn system_reason(failure: anyerror) []const u8 {
    return switch (failure) {
        error.FileNotFound => "No such file or directory",
        error.AccessDenied, error.PermissionDenied => "Permission denied",
        error.IsDir => "it is a directory",
        error.NotDir => "a part of its path is a file",
        error.NoSpaceLeft, error.DiskQuota => "No space left on device",
        error.ReadOnlyFileSystem => "Read-only file system",
        error.NameTooLong => "File name too long",
        error.SymLinkLoop => "Too many levels of symbolic links",
        error.FileTooBig => "File too large",
        error.InputOutput => "Input/output error",
        error.OutOfMemory => "out of memory",
        else => @errorName(failure),
    };
}
