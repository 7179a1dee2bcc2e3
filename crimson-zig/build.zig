//! `python -m ziglang build` builds the program, `... build test` runs the unit tests; nothing is fetched.

const std = @import("std");

pub fn build(b: *std.Build) void {
    const target = b.standardTargetOptions(.{});
    const optimize = b.standardOptimizeOption(.{});

    const library = b.addModule("crimson_zig", .{
        .root_source_file = b.path("src/root.zig"),
        .target = target,
        .optimize = optimize,
    });
    const program = b.addExecutable(.{
        .name = "crimson-zig",
        .root_module = b.createModule(.{
            .root_source_file = b.path("src/main.zig"),
            .target = target,
            .optimize = optimize,
        }),
    });
    b.installArtifact(program);

    const tests = b.addTest(.{ .root_module = library });
    b.step("test", "Run the unit tests").dependOn(&b.addRunArtifact(tests).step);
}
