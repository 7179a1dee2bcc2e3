//! Machine code: functions that Frida can hook, at the original's addresses, and calls that return where its do.
//!
//! At a function's address stands `nop; jmp body`. The body calls the handler of its kind and returns as its
//! convention asks. A call pushes the arguments and the return address and jumps to the function: a hook cannot tell
//! it from a `call` instruction that ends there, and call sites may lie as close as in the original (`call f; call g`
//! leaves nothing between the two). At the return address stands `leave; ret`. `leave` takes the stack pointer from
//! EBP, which every function preserves, so two bytes end a call whatever its arguments are.

const std = @import("std");
const linux = std.os.linux;
const fault = @import("fault.zig");
const memory = @import("memory.zig");
const tapes = @import("tape.zig");
const assert = std.debug.assert;

/// `index` is the function's in the tape; `object` is ECX; the result goes to EAX.
pub const Handler = fn (index: u32, object: u32, arguments: [*]const u32) callconv(.c) u32;
pub const Handlers = std.enums.EnumArray(tapes.Kind, *const Handler);

const body_size_max = 32;
const bodies_size = tapes.functions_max * body_size_max;

/// Writes thunks, bodies and landings for everything that the tape names.
pub fn install(tape: *const tapes.Tape, handlers: *const Handlers) void {
    const address = linux.mmap(
        null,
        bodies_size,
        .{ .READ = true, .WRITE = true, .EXEC = true },
        .{ .TYPE = .PRIVATE, .ANONYMOUS = true },
        -1,
        0,
    );
    if (linux.errno(address) != .SUCCESS) fault.stop(.run, "cannot map code: {t}", .{linux.errno(address)});
    const bodies = @as([*]u8, @ptrFromInt(address))[0..bodies_size];

    for (tape.functions[0..tape.functions_count], 0..) |function, index| {
        const body = bodies[index * body_size_max ..][0..body_size_max];
        write_body(body, @intCast(index), &function, handlers.get(function.kind));

        var thunk: Emitter = .{ .code = memory.slice(function.address, tapes.thunk_size) };
        thunk.bytes(&.{0x90}); // nop
        thunk.relative(0xe9, @intFromPtr(body.ptr)); // jmp
        assert(thunk.length == tapes.thunk_size);
    }
    for (tape.sites[0..tape.sites_count]) |site| {
        var landing: Emitter = .{ .code = memory.slice(site.return_address, tapes.landing_size) };
        landing.bytes(&.{ 0xc9, 0xc3 }); // leave; ret
        assert(landing.length == tapes.landing_size);
    }
}

fn write_body(code: []u8, index: u32, function: *const tapes.Function, handler: *const Handler) void {
    var body: Emitter = .{ .code = code };
    body.bytes(&.{0x55}); // push ebp
    body.bytes(&.{ 0x89, 0xe5 }); // mov ebp, esp
    body.bytes(&.{ 0x83, 0xe4, 0xf0 }); // and esp, -16: what the C convention of Linux asks of a caller
    body.bytes(&.{ 0x83, 0xec, 0x04 }); // sub esp, 4: three values follow
    body.bytes(&.{ 0x8d, 0x45, 0x08 }); // lea eax, [ebp + 8]
    body.bytes(&.{0x50}); // push eax
    body.bytes(&.{0x51}); // push ecx
    body.bytes(&.{0x68}); // push index
    body.word(u32, index);
    body.relative(0xe8, @intFromPtr(handler)); // call
    body.bytes(&.{0xc9}); // leave
    switch (function.convention) {
        .cdecl => body.bytes(&.{0xc3}), // ret
        .thiscall => {
            body.bytes(&.{0xc2}); // ret n
            body.word(u16, @as(u16, function.arguments) * 4);
        },
    }
}

const Emitter = struct {
    code: []u8,
    length: usize = 0,

    fn bytes(emitter: *Emitter, values: []const u8) void {
        @memcpy(emitter.code[emitter.length..][0..values.len], values);
        emitter.length += values.len;
    }

    fn word(emitter: *Emitter, comptime T: type, value: T) void {
        std.mem.writeInt(T, emitter.code[emitter.length..][0..@sizeOf(T)], value, .little);
        emitter.length += @sizeOf(T);
    }

    /// An instruction with a 32-bit displacement, counted from its end; on 32 bits it reaches every address.
    fn relative(emitter: *Emitter, opcode: u8, target: u32) void {
        emitter.bytes(&.{opcode});
        const end = @intFromPtr(emitter.code.ptr) + emitter.length + 4;
        emitter.word(u32, target -% end);
    }
};

/// Calls a function so that it sees `return_address`, its arguments from [esp + 4] on, and `object` in ECX.
pub fn call(function: u32, return_address: u32, object: u32, arguments: tapes.Values) u32 {
    return standin_gateway(function, return_address, object, arguments.len, arguments.ptr);
}

extern fn standin_gateway(
    function: u32,
    return_address: u32,
    object: u32,
    count: u32,
    arguments: [*]align(1) const u32,
) callconv(.c) u32;

// EBX, ESI and EDI are not touched. The landing at the return address ends this frame.
comptime {
    asm (
        \\.text
        \\.globl standin_gateway
        \\.hidden standin_gateway
        \\standin_gateway:
        \\  pushl %ebp
        \\  movl %esp, %ebp
        \\  movl 20(%ebp), %edx
        \\  movl 24(%ebp), %eax
        \\0:
        \\  testl %edx, %edx
        \\  jz 1f
        \\  pushl -4(%eax,%edx,4)
        \\  decl %edx
        \\  jmp 0b
        \\1:
        \\  movl 16(%ebp), %ecx
        \\  pushl 12(%ebp)
        \\  jmpl *8(%ebp)
    );
}
