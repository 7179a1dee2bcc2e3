//! The tape: a header with functions and call sites, then what the game does, op after op.
//!
//! All numbers are little-endian. Everything read here is checked; a wrong tape ends the program with one line.
//!
//!     header    "CRIMTAPE", u32 version, u32 functions, u32 sites
//!     function  u32 address, u32 convention, u32 arguments, u32 kind
//!     site      u32 return address, u32 function index
//!     ops       u8 code, operands: see `Code`

const std = @import("std");
const fault = @import("fault.zig");
const memory = @import("memory.zig");
const assert = std.debug.assert;

const magic = "CRIMTAPE";
const version = 1;

pub const functions_max = 512;
pub const sites_max = 8192;
/// Arguments on the stack; ECX of a `thiscall` comes on top.
pub const arguments_max = 8;
pub const depth_max = 64;

/// nop; jmp rel32: what Frida needs to hook a function.
pub const thunk_size = 6;
/// leave; ret: where a call comes back to.
pub const landing_size = 2;

pub const Convention = enum(u32) {
    /// The caller removes the arguments.
    cdecl = 0,
    /// ECX holds the object, and the callee removes the arguments.
    thiscall = 1,
};

pub const Kind = enum(u32) {
    /// Does what the tape says next, up to its `return`.
    scripted = 0,
    crt_rand = 1,
    crt_srand = 2,
    getptd = 3,
};

pub const Function = struct {
    address: u32,
    convention: Convention,
    arguments: u8,
    kind: Kind,

    /// The values that a call carries on the tape: those on the stack, and before them the object.
    pub fn values(function: *const Function) u8 {
        return function.arguments + @intFromBool(function.convention == .thiscall);
    }
};

pub const Site = struct { return_address: u32, function: u16 };

const Code = enum(u8) {
    /// u32 address, u16 length, bytes
    write = 1,
    /// u16 site, u8 count, u32 values[count]: the object first where the function has one
    call = 2,
    /// u32 eax
    @"return" = 3,
    /// u16 site: a call of crt_rand whose result is dropped
    draw = 4,
    /// u32 address, u32 value that memory must hold
    expect = 5,
    tick = 6,
    end = 7,
    die = 8,
};

pub const Values = []align(1) const u32;

pub const Op = union(Code) {
    write: struct { address: u32, bytes: []const u8 },
    call: struct { site: u16, values: Values },
    @"return": u32,
    draw: u16,
    expect: struct { address: u32, value: u32 },
    tick,
    end,
    die,
};

pub const Tape = struct {
    reader: Reader,
    functions: [functions_max]Function,
    functions_count: u16,
    sites: [sites_max]Site,
    sites_count: u16,
    claims: memory.Claims,

    /// Reads the header, checks every op, and stands at the first op again: nothing of a wrong tape is played.
    pub fn open(tape: *Tape, bytes: []const u8) void {
        tape.reader = .{ .bytes = bytes, .position = 0 };
        tape.claims = .{};
        tape.read_header();
        const first = tape.reader.position;
        tape.check_ops();
        tape.reader.position = first;
    }

    fn read_header(tape: *Tape) void {
        const reader = &tape.reader;
        if (!std.mem.eql(u8, reader.take(magic.len, "the header"), magic)) reader.bad(0, "this is no tape", .{});
        const found = reader.int(u32, "the header");
        if (found != version) {
            reader.bad(8, "the tape has version {d}, and this program plays version {d}", .{ found, version });
        }
        tape.functions_count = reader.count(functions_max, "functions");
        tape.sites_count = reader.count(sites_max, "call sites");
        for (tape.functions[0..tape.functions_count]) |*function| tape.read_function(function);
        for (tape.sites[0..tape.sites_count], 0..) |*site, index| tape.read_site(site, index);
    }

    fn read_function(tape: *Tape, function: *Function) void {
        const reader = &tape.reader;
        const start = reader.position;
        const address = reader.int(u32, "a function");
        const convention = reader.int(u32, "a function");
        const arguments = reader.int(u32, "a function");
        const kind = reader.int(u32, "a function");
        if (convention > 1) reader.bad(start + 4, "unknown calling convention {d}", .{convention});
        if (arguments > arguments_max) {
            reader.bad(start + 8, "{d} arguments, and a function has at most {d}", .{ arguments, arguments_max });
        }
        if (kind > 3) reader.bad(start + 12, "unknown kind of function {d}", .{kind});
        function.* = .{
            .address = address,
            .convention = @fromBackingInt(convention),
            .arguments = @intCast(arguments),
            .kind = @fromBackingInt(kind),
        };
        const wanted: u8 = if (function.kind == .crt_srand) 1 else 0;
        if (function.kind != .scripted and (function.convention != .cdecl or function.arguments != wanted)) {
            reader.bad(start, "{t} is cdecl with {d} arguments", .{ function.kind, wanted });
        }
        tape.claim_code(start, address, thunk_size, "function");
    }

    fn read_site(tape: *Tape, site: *Site, index: usize) void {
        const reader = &tape.reader;
        const start = reader.position;
        const address = reader.int(u32, "a call site");
        const function = reader.int(u32, "a call site");
        if (function >= tape.functions_count) {
            reader.bad(start + 4, "call site of function {d}, and there are {d}", .{ function, tape.functions_count });
        }
        site.* = .{ .return_address = address, .function = @intCast(function) };
        // several functions may return to one place: there the original calls through a pointer
        for (tape.sites[0..index]) |other| {
            if (other.return_address == address) return;
        }
        tape.claim_code(start, address, landing_size, "return address");
    }

    fn claim_code(tape: *Tape, position: usize, address: u32, length: u32, what: []const u8) void {
        if (!memory.contains(address, length)) {
            tape.reader.bad(position, "{s} 0x{x:0>8} is outside of the mapped memory", .{ what, address });
        }
        if (tape.claims.overlaps(address, length)) {
            tape.reader.bad(position, "{s} 0x{x:0>8} overlaps other code", .{ what, address });
        }
        tape.claims.claim(address, length);
    }

    fn check_ops(tape: *Tape) void {
        const reader = &tape.reader;
        var depth: u8 = 0;
        while (true) {
            const start = reader.position;
            switch (tape.next()) {
                .write => |op| if (tape.claims.overlaps(op.address, @intCast(op.bytes.len))) {
                    reader.bad(start, "write over the code within 0x{x:0>8} + {d}", .{ op.address, op.bytes.len });
                },
                .call => |op| if (tape.function_of(op.site).kind == .scripted) {
                    if (depth == depth_max) reader.bad(start, "calls nested deeper than {d}", .{depth_max});
                    depth += 1;
                },
                .@"return" => {
                    if (depth == 0) reader.bad(start, "return outside of a call", .{});
                    depth -= 1;
                },
                .draw, .expect, .tick => {},
                .end => {
                    if (depth > 0) reader.bad(start, "the tape ends within {d} calls", .{depth});
                    break;
                },
                .die => break,
            }
        }
        if (reader.position != reader.bytes.len) reader.bad(reader.position, "bytes after the tape's end", .{});
    }

    pub fn function_of(tape: *const Tape, site: u16) *const Function {
        assert(site < tape.sites_count);
        return &tape.functions[tape.sites[site].function];
    }

    pub fn next(tape: *Tape) Op {
        const reader = &tape.reader;
        const start = reader.position;
        const code = reader.int(u8, "an op (neither end nor die came)");
        switch (code) {
            @backingInt(Code.write) => {
                const address = reader.int(u32, "write");
                const length = reader.int(u16, "write");
                const bytes = reader.take(length, "write");
                if (!memory.contains(address, length)) {
                    reader.bad(start, "write to 0x{x:0>8} + {d} is outside of the mapped memory", .{ address, length });
                }
                return .{ .write = .{ .address = address, .bytes = bytes } };
            },
            @backingInt(Code.call) => {
                const site = tape.read_site_index("call");
                const count = reader.int(u8, "call");
                const bytes = reader.take(@as(usize, count) * 4, "call");
                const function = tape.function_of(site);
                if (count != function.values()) {
                    reader.bad(start, "call of 0x{x:0>8} with {d} values, and it takes {d}", .{
                        function.address, count, function.values(),
                    });
                }
                return .{ .call = .{ .site = site, .values = @as([*]align(1) const u32, @ptrCast(bytes.ptr))[0..count] } };
            },
            @backingInt(Code.@"return") => return .{ .@"return" = reader.int(u32, "return") },
            @backingInt(Code.draw) => {
                const site = tape.read_site_index("draw");
                if (tape.function_of(site).kind != .crt_rand) {
                    reader.bad(start, "draw at call site {d}, which does not call crt_rand", .{site});
                }
                return .{ .draw = site };
            },
            @backingInt(Code.expect) => {
                const address = reader.int(u32, "expect");
                const value = reader.int(u32, "expect");
                if (!memory.contains(address, 4)) {
                    reader.bad(start, "expect at 0x{x:0>8} is outside of the mapped memory", .{address});
                }
                return .{ .expect = .{ .address = address, .value = value } };
            },
            @backingInt(Code.tick) => return .tick,
            @backingInt(Code.end) => return .end,
            @backingInt(Code.die) => return .die,
            else => reader.bad(start, "unknown op {d}", .{code}),
        }
    }

    fn read_site_index(tape: *Tape, what: []const u8) u16 {
        const start = tape.reader.position;
        const site = tape.reader.int(u16, what);
        if (site >= tape.sites_count) {
            tape.reader.bad(start, "{s} at call site {d}, and there are {d}", .{ what, site, tape.sites_count });
        }
        return site;
    }
};

const Reader = struct {
    bytes: []const u8,
    position: usize,

    fn take(reader: *Reader, length: usize, what: []const u8) []const u8 {
        assert(reader.position <= reader.bytes.len);
        if (length > reader.bytes.len - reader.position) {
            reader.bad(reader.bytes.len, "the tape ends within {s}", .{what});
        }
        const start = reader.position;
        reader.position += length;
        return reader.bytes[start..reader.position];
    }

    fn int(reader: *Reader, comptime T: type, what: []const u8) T {
        return std.mem.readInt(T, reader.take(@sizeOf(T), what)[0..@sizeOf(T)], .little);
    }

    fn count(reader: *Reader, comptime max: u16, what: []const u8) u16 {
        const start = reader.position;
        const found = reader.int(u32, "the header");
        if (found > max) reader.bad(start, "{d} {s}, and a tape has at most {d}", .{ found, what, max });
        return @intCast(found);
    }

    fn bad(reader: *const Reader, position: usize, comptime format: []const u8, arguments: anytype) noreturn {
        _ = reader;
        fault.stop(.tape, "byte {d}: " ++ format, .{position} ++ arguments);
    }
};
