//! The original's float arithmetic.
//!
//! The original runs the x87 at 24 bits of precision: every operation rounds to f32. One f32 operation gives the same
//! bits. Sine, cosine and arc tangent stay wide until the operation that uses them, so each comes here together with
//! that operation. The Python runtime takes them from the platform's libm in f64, whose last bit differs from that of
//! `std`'s; so what is near the border between two floats is computed anew with more bits.

const std = @import("std");
const assert = std.debug.assert;

/// A point or a vector of the world; the layout is the trace's.
pub const Vec2 = @import("../schema.zig").Vec2;

pub const pi: f32 = @bitCast(@as(u32, 0x40490FDB));
pub const half_pi: f32 = @bitCast(@as(u32, 0x3FC90FDB));
pub const tau: f32 = @bitCast(@as(u32, 0x40C90FDB));

pub const origin: Vec2 = .{ .x = 0.0, .y = 0.0 };

pub fn add(a: Vec2, b: Vec2) Vec2 {
    return .{ .x = a.x + b.x, .y = a.y + b.y };
}

pub fn subtract(a: Vec2, b: Vec2) Vec2 {
    return .{ .x = a.x - b.x, .y = a.y - b.y };
}

pub fn scale(a: Vec2, factor: f32) Vec2 {
    return .{ .x = a.x * factor, .y = a.y * factor };
}

pub fn equal(a: Vec2, b: Vec2) bool {
    return a.x == b.x and a.y == b.y;
}

pub fn length(a: Vec2) f32 {
    return @sqrt(@as(f32, a.x * a.x + a.y * a.y));
}

pub fn distance(a: Vec2, b: Vec2) f32 {
    return length(subtract(a, b));
}

/// `D3DXVec2Normalize`, 0x00455587: what is as good as normal stays, what is as good as nothing becomes nothing.
pub fn normalize(a: Vec2) Vec2 {
    const epsilon: f32 = @bitCast(@as(u32, 0x34000000));
    const smallest: f32 = @bitCast(@as(u32, 0x00800000));
    const square: f32 = a.x * a.x + a.y * a.y;
    if (@abs(square - 1.0) <= epsilon) return a;
    if (!(square > smallest)) return origin;
    const root: f32 = @sqrt(square);
    return scale(a, 1.0 / root);
}

/// Into 0 to 1; a NaN becomes 0.
pub fn clamp_unit(value: f32) f32 {
    if (!(value >= 0.0)) return 0.0;
    return @min(value, 1.0);
}

/// A small integer, which an f32 holds.
pub fn from_int(value: anytype) f32 {
    assert(value <= 1 << 24 and value >= -(1 << 24));
    return @floatFromInt(value);
}

/// Whole milliseconds of a time in seconds.
pub fn milliseconds(seconds: f32) i32 {
    const scaled: f32 = seconds * 1000.0;
    return @intFromFloat(scaled);
}

/// An integer loads exactly; only the product is rounded.
pub fn int_mul(value: i32, factor: f32) f32 {
    return narrow(@as(f64, @floatFromInt(value)) * factor);
}

/// An integer loads exactly; only the sum is rounded.
pub fn int_add(value: i32, addend: f32) f32 {
    return narrow(@as(f64, @floatFromInt(value)) + addend);
}

/// How far, relatively, `std`'s functions and any libm may be from the truth, with a wide margin.
const wide_error = 0x1p-50;

const Wide = enum { sine, cosine };

/// `sin(angle) * factor`.
pub fn sin_mul(angle: f32, factor: f32) f32 {
    const wide = wide_of(.sine, angle);
    const low = wide * (1.0 - wide_error);
    const high = wide * (1.0 + wide_error);
    const result = narrow(low * factor);
    if (result == narrow(high * factor)) return result;
    return narrow(exact(.sine, angle) * factor);
}

/// `cos(angle) * factor`.
pub fn cos_mul(angle: f32, factor: f32) f32 {
    const wide = wide_of(.cosine, angle);
    const low = wide * (1.0 - wide_error);
    const high = wide * (1.0 + wide_error);
    const result = narrow(low * factor);
    if (result == narrow(high * factor)) return result;
    return narrow(exact(.cosine, angle) * factor);
}

/// The vector of an angle, each part times `factor`.
pub fn direction(angle: f32, factor: f32) Vec2 {
    return .{ .x = cos_mul(angle, factor), .y = sin_mul(angle, factor) };
}

/// `sin(angle) + addend`.
pub fn sin_add(angle: f32, addend: f32) f32 {
    const wide = wide_of(.sine, angle);
    const result = narrow(wide * (1.0 - wide_error) + addend);
    if (result == narrow(wide * (1.0 + wide_error) + addend)) return result;
    return narrow(exact(.sine, angle) + addend);
}

/// `atan2(vector.y, vector.x) + addend`.
pub fn angle_add(vector: Vec2, addend: f32) f32 {
    const wide: f64 = std.math.atan2(@as(f64, vector.y), @as(f64, vector.x));
    const result = narrow(wide * (1.0 - wide_error) + addend);
    if (result == narrow(wide * (1.0 + wide_error) + addend)) return result;
    if (vector.x == 0.0 and vector.y == 0.0) return narrow(wide + addend);
    return narrow(exact_angle(vector, wide) + addend);
}

/// How `angle` compares with the angle of `vector`, from 0 to a whole turn: one below zero has a turn added, and is
/// rounded by that; one above stays wide.
pub fn compare_angle(angle: f32, vector: Vec2) std.math.Order {
    const wide: f64 = std.math.atan2(@as(f64, vector.y), @as(f64, vector.x));
    if (wide < 0.0) return std.math.order(angle, angle_add(vector, tau));
    if (@abs(angle - wide) > wide * wide_error) return std.math.order(@as(f64, angle), wide);
    if (wide == 0.0) return std.math.order(@as(f64, angle), 0.0);
    return std.math.order(@as(f64, angle), exact_angle(vector, wide));
}

// The rewrite's smoke: its places are worked out in f64, and rounded once.

const wide_half_pi: f64 = 1.5707963267948966;

/// The point at a distance behind something that goes along `heading`.
pub fn behind(pos: Vec2, heading: f32, distance_back: f64) Vec2 {
    const wide = @as(f64, heading) - wide_half_pi;
    return .{
        .x = less_product(pos.x, .cosine, wide, distance_back),
        .y = less_product(pos.y, .sine, wide, distance_back),
    };
}

/// `start - function(angle) * factor`, in f64.
fn less_product(start: f64, comptime function: Wide, angle: f64, factor: f64) f32 {
    const near = wide_of(function, angle);
    const result = narrow(start - near * (1.0 - wide_error) * factor);
    if (result == narrow(start - near * (1.0 + wide_error) * factor)) return result;
    return narrow(start - exact(function, angle) * factor);
}

/// The velocity of a rocket's smoke: the cosine of its heading and a quarter turn, once as an f32 and once wide.
pub fn trail_drift(heading: f32, speed: f64) Vec2 {
    const wide = @as(f64, heading) + half_pi;
    const near = wide_of(.cosine, wide);
    const low = drift_of(near * (1.0 - wide_error), speed);
    if (equal(low, drift_of(near * (1.0 + wide_error), speed))) return low;
    return drift_of(exact(.cosine, wide), speed);
}

fn drift_of(cosine: f64, speed: f64) Vec2 {
    return .{ .x = narrow(narrow(cosine) * speed), .y = narrow(cosine * speed) };
}

fn narrow(wide: f64) f32 {
    return @floatCast(wide);
}

fn wide_of(comptime function: Wide, wide: f64) f64 {
    return switch (function) {
        .sine => @sin(wide),
        .cosine => @cos(wide),
    };
}

/// Angles of the game are small; beyond this the reduction below would lose what it is for.
const exact_angle_max = 0x1p40;

/// Sine or cosine, correctly rounded to f64 but for ties that 100 bits do not tell apart.
fn exact(comptime function: Wide, angle: f64) f64 {
    @branchHint(.cold);
    if (@abs(angle) >= exact_angle_max) return wide_of(function, angle);
    const parts = exact_parts(angle);
    return @floatCast(switch (function) {
        .sine => parts.sine,
        .cosine => parts.cosine,
    });
}

const Parts = struct { sine: f128, cosine: f128 };

/// Sine and cosine by their series, after a reduction to a quarter of a turn around zero.
fn exact_parts(angle: f64) Parts {
    const quarter: f128 = 1.57079632679489661923132169163975144209858;
    const turns: f128 = @round(@as(f128, angle) / quarter);
    const x = @as(f128, angle) - turns * quarter;
    const square = x * x;
    var sine: f128 = 0.0;
    var cosine: f128 = 0.0;
    var term: f128 = 1.0;
    var power: u32 = 0;
    while (power < 36) : (power += 2) {
        const sign: f128 = if (power % 4 == 0) 1.0 else -1.0;
        cosine += sign * term;
        const next = term / @as(f128, @floatFromInt(power + 1));
        sine += sign * next;
        term = next * square / @as(f128, @floatFromInt(power + 2));
    }
    sine *= x;
    const quadrant: u2 = @intCast(@as(i64, @intFromFloat(@mod(turns, 4.0))));
    return switch (quadrant) {
        0 => .{ .sine = sine, .cosine = cosine },
        1 => .{ .sine = cosine, .cosine = -sine },
        2 => .{ .sine = -sine, .cosine = -cosine },
        3 => .{ .sine = -cosine, .cosine = sine },
    };
}

/// The arc tangent: one step from `near` along the circle is exact to more than 100 bits.
fn exact_angle(vector: Vec2, near: f64) f64 {
    @branchHint(.cold);
    const parts = exact_parts(near);
    const x: f128 = vector.x;
    const y: f128 = vector.y;
    const step = (y * parts.cosine - x * parts.sine) / (x * parts.cosine + y * parts.sine);
    return @floatCast(@as(f128, near) + step);
}

test "wide values near a border are told apart" {
    // tan(pi / 4) and friends: the exact path agrees with the fast one far from borders.
    const angles = [_]f32{ 0.0, 0.1, -0.7, 1.5707964, 3.1415927, -2.5, 100.25, 6000.5 };
    for (angles) |angle| {
        try std.testing.expectApproxEqRel(@as(f64, @sin(@as(f64, angle))), exact(.sine, angle), 1e-15);
        try std.testing.expectApproxEqRel(@as(f64, @cos(@as(f64, angle))), exact(.cosine, angle), 1e-15);
        const vector = direction(angle, 3.0);
        const near: f64 = std.math.atan2(@as(f64, vector.y), @as(f64, vector.x));
        try std.testing.expectApproxEqRel(near, exact_angle(vector, near), 1e-15);
    }
}

test "arc tangents of the axes" {
    try std.testing.expectEqual(0.0, angle_add(.{ .x = 0.0, .y = 0.0 }, 0.0));
    try std.testing.expectEqual(half_pi, angle_add(.{ .x = 0.0, .y = 1.0 }, 0.0));
    try std.testing.expectEqual(-pi, angle_add(.{ .x = -1.0, .y = -0.0 }, 0.0));
    // f32 pi less pi, as f64 holds them.
    try std.testing.expectEqual(8.742278e-8, angle_add(.{ .x = -0.0, .y = -0.0 }, pi));
}

test "headings close to zero are those of glibc, where `std`'s arc tangent is a bit off" {
    // x, y and the heading, as bits.
    const cases = [_][3]u32{
        .{ 0xb8353dc1, 0xc458f1db, 0xb1d10a3c },
        .{ 0xb7e5dcec, 0xc42f861e, 0x31a0e654 },
        .{ 0xb8510823, 0xc4708df6, 0xb20adb65 },
        .{ 0xb76b8bb7, 0xc30a27ac, 0xb378b9af },
        .{ 0xb7f7b8fb, 0xc41e3cea, 0xb14a5586 },
    };
    for (cases) |case| {
        const vector: Vec2 = .{ .x = @bitCast(case[0]), .y = @bitCast(case[1]) };
        const wide: f64 = std.math.atan2(@as(f64, vector.y), @as(f64, vector.x));
        try std.testing.expect(narrow(wide + half_pi) != @as(f32, @bitCast(case[2])));
        try std.testing.expectEqual(case[2], @as(u32, @bitCast(angle_add(vector, half_pi))));
    }
}
