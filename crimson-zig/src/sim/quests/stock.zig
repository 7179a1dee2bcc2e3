//! The quests of the game.

const Level = @import("quest.zig").Level;
const Quest = @import("script.zig").Quest;

const tiers = [5][10]Quest{
    @import("tier_1.zig").quests,
    @import("tier_2.zig").quests,
    @import("tier_3.zig").quests,
    @import("tier_4.zig").quests,
    @import("tier_5.zig").quests,
};

pub fn quest_of(level: Level) *const Quest {
    return &tiers[level.tier - 1][level.number - 1];
}
