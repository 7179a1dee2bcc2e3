//! The tint of those who are born at a time, in rush and in typ-o.

const float = @import("float.zig");
const Rgba = @import("../schema.zig").Rgba;

/// One unit in the last place above f32(1e-4).
const speed: f32 = @bitCast(@as(u32, 0x38D1B718));

pub fn at(elapsed_ms: i32) Rgba {
    const clock = elapsed_ms + 1;
    return .{
        .r = float.clamp_unit(float.int_mul(clock, 1.0 / 120000.0) + 0.3),
        .g = float.clamp_unit(float.int_mul(clock, 10000.0) + 0.3),
        .b = float.clamp_unit(float.sin_add(float.int_mul(clock, speed), 0.3)),
        .a = 1.0,
    };
}
