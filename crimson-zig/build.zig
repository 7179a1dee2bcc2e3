//! `python -m ziglang build` builds the program, `... build test` runs the unit tests, `... build cross` builds the
//! program for the other platforms that it is held to. Nothing is fetched.

const std = @import("std");

/// Each has something that the others lack: another system, another processor, or pointers of 32 bits.
const cross_targets = [_][]const u8{
    "x86_64-windows-gnu",
    "aarch64-macos",
    "x86_64-macos",
    "aarch64-linux-musl",
    "wasm32-wasi",
};

pub fn build(b: *std.Build) void {
    // As the Python package builds it: checked, and for any processor of its kind, so that no instruction fuses a product
    // and a sum.
    const target = b.standardTargetOptions(.{ .default_target = .{ .cpu_model = .baseline } });
    const optimize = b.option(std.builtin.Optimize, "optimize", "Checks and speed (default: safe)") orelse .safe;

    b.installArtifact(program_for(b, target, optimize));

    const library = b.addModule("crimson_zig", .{
        .root_source_file = b.path("src/root.zig"),
        .target = target,
        .optimize = optimize,
    });
    const tests = b.addTest(.{ .root_module = library });
    b.step("test", "Run the unit tests").dependOn(&b.addRunArtifact(tests).step);

    const cross = b.step("cross", "Build the program for other platforms, into zig-out/cross");
    for (cross_targets) |triple| {
        const query = std.Build.parseTargetQuery(.{ .arch_os_abi = triple, .cpu_features = "baseline" }) catch unreachable;
        const program = program_for(b, b.resolveTargetQuery(query), optimize);
        const folder = b.fmt("cross/{s}", .{triple});
        const install = b.addInstallArtifact(program, .{ .dest_dir = .{ .override = .{ .custom = folder } } });
        cross.dependOn(&install.step);
    }
}

fn program_for(b: *std.Build, target: std.Build.ResolvedTarget, optimize: std.builtin.Optimize) *std.Build.Step.Compile {
    return b.addExecutable(.{
        .name = "crimson-zig",
        .root_module = b.createModule(.{
            .root_source_file = b.path("src/main.zig"),
            .target = target,
            .optimize = optimize,
        }),
    });
}
