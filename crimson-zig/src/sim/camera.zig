//! The camera's shaking, which draws.

const float = @import("float.zig");
const Caller = @import("rng.zig").Caller;
const World = @import("world.zig").World;

/// The draws of the offset along one axis.
const Axis = struct { base: Caller, spread: Caller, sign: Caller };

const axis_x: Axis = .{
    .base = .camera_update_offset_x_base,
    .spread = .camera_update_offset_x_spread,
    .sign = .camera_update_offset_x_sign,
};
const axis_y: Axis = .{
    .base = .camera_update_offset_y_base,
    .spread = .camera_update_offset_y_spread,
    .sign = .camera_update_offset_y_sign,
};

/// `camera_update`, 0x00409500: a new offset at each pulse, smaller every time.
pub fn shake(world: *World) void {
    const camera = &world.camera_shake;
    if (camera.timer <= 0.0) {
        camera.offset = float.origin;
        return;
    }
    camera.timer -= world.dt * 3.0;
    if (camera.timer >= 0.0) return;
    camera.pulses -= 1;
    if (camera.pulses < 1) {
        camera.timer = 0.0;
        return;
    }
    camera.timer = if (world.time_scale_active) 0.06 else 0.1;
    camera.offset.x = offset(world, &axis_x);
    camera.offset.y = offset(world, &axis_y);
}

fn offset(world: *World, axis: *const Axis) f32 {
    const reach: i32 = world.camera_shake.pulses * 3;
    const base = @rem(@as(i32, world.rng.draw(axis.base)), reach);
    const size = base + @as(i32, world.rng.draw(axis.spread) % 10);
    return float.from_int(if (world.rng.draw(axis.sign) & 1 == 0) -size else size);
}
