'use strict';

/*
 * The Frida agent for crimsonland.exe 1.9.93.
 *
 * It copies raw memory and events out of the game and knows nothing of what they mean: every address comes from the
 * host (crimson.dbg.original.agent_config), and the host turns the records into rows of a capture. What it changes in
 * the game are three things that a replay can't say otherwise: the pools' leftovers at run set-up, the frame step, and
 * draws of frames in which the gameplay did not run.
 *
 * A record is a u32 header, `kind << 24 | words that follow`, and its fields, one u32 each: signed numbers and floats
 * as their bits. Records keep the order of events. They are kept in a buffer and sent once a tick.
 *
 * There are two recorders, which write the same records. The native one is C: a guarded native call from JavaScript
 * takes some ten microseconds in a 32-bit process, so thirty draws a tick in JavaScript cost more than the game itself.
 * The other one is for targets without a C compiler in the agent.
 */

// ---------------------------------------------------------------------------------------------------------- records

const record = (kind, ...fields) => ({ kind, fields });

// crimson.dbg.original.agent_records holds the same table; the host compares them before it sets a hook.
const RECORDS = {
  setup_begin: record(1, 'rng_state'),
  draw: record(2, 'state_before', 'caller'),
  setup_end: record(3),
  tick_enter: record(
    4,
    'rng_state',
    'time_scale_active',
    'reflex_boost_timer',
    'found_frame_dt',
    'found_frame_dt_ms',
    'frame_dt',
    'frame_dt_ms',
  ),
  tick_leave: record(5, 'rng_state'),
  tick_end: record(6),
  region: record(7, 'region', 'slot', 'data'), // data: the slot's bytes, as many words as that takes
  key: record(8, 'player', 'key', 'result', 'caller'),
  primary: record(9, 'player', 'just_pressed', 'result'),
  creature_allocated: record(10, 'slot'),
  projectile_spawned: record(11, 'slot'),
  secondary_spawned: record(12, 'slot'),
  bonus_spawned: record(13, 'entry'),
  hit: record(14, 'position', 'creature', 'owner'),
  pickup: record(15, 'player', 'entry'),
  death_begin: record(16, 'creature', 'type_id', 'reward_value', 'experience'),
  death_end: record(17, 'experience'),
  perk_apply_begin: record(18, 'perk_id', 'caller', 'selection_index', 'selected_perk'),
  perk_apply_end: record(19),
  choices_begin: record(20),
  choices_end: record(21),
  state_set: record(22, 'state'),
  quest_start: record(23, 'tier', 'index'),
  creatures_updated: record(24),
  typo_key: record(25, 'code'),
  idle_draw_undone: record(26),
  overflow: record(27),
};

// ----------------------------------------------------------------------------------------------------------- events

// Where a value of an event comes from. Both recorders interpret these; `operand` is its second word.
const SOURCES = {
  constant: 0, // the operand itself
  argument: 1, // argument number `operand`
  result: 2, // EAX
  result_byte: 3, // AL: what is above it is left over from the callee's work
  caller: 4, // the return address as linked, or 0 when that is outside the image
  word: 5, // the u32 at `operand`
  pointer_argument: 6, // like argument and result, but as linked
  pointer_result: 7,
  creature_field: 8, // the u32 at offset `operand` of the creature slot that argument 0 numbers, 0 if there is none
  projectile_owner: 9, // the owner of the projectile slot that argument 0 points into
  selected_perk: 10, // the perk choice that the menu's selection numbers
};

const NO_OWNER = 0x80000000;
const NO_PERK = 0xffffffff;
const LAST_PERK_CHOICE = 6;
const NO_CREATURE = 0;

const constant = (value) => ['constant', () => value];
const argument = (index) => ['argument', () => index];
const word = (name) => ['word', (plan) => plan.data[name]];
const creatureField = (name) => ['creature_field', (plan) => plan.creature[name]];
const pointerArgument = (index) => ['pointer_argument', () => index];
const RESULT = ['result', () => 0];
const RESULT_BYTE = ['result_byte', () => 0];
const CALLER = ['caller', () => 0];
const POINTER_RESULT = ['pointer_result', () => 0];
const PROJECTILE_OWNER = ['projectile_owner', () => 0];
const SELECTED_PERK = ['selected_perk', () => 0];

const PLAYER = word('render_overlay_player_index');
const KEY = { record: 'key', at: 'leave', within: 'player_update', values: [PLAYER, argument(0), RESULT_BYTE, CALLER] };
const BONUS = { record: 'bonus_spawned', at: 'leave', values: [POINTER_RESULT] };
const EXPERIENCE = word('player_experience');

/*
 * Which call makes which record. `within` names the code that the call must come from: the same functions serve menus
 * and other weapons. Arguments and caller are those of the call, everything else is read when the record is made.
 */
const EVENTS = [
  { hook: 'grim_is_key_active', ...KEY },
  { hook: 'grim_is_key_down', ...KEY },
  { hook: 'input_primary_just_pressed', record: 'primary', at: 'leave', values: [PLAYER, constant(1), RESULT_BYTE] },
  { hook: 'input_primary_is_down', record: 'primary', at: 'leave', values: [PLAYER, constant(0), RESULT_BYTE] },
  { hook: 'creature_alloc_slot', record: 'creature_allocated', at: 'leave', values: [RESULT] },
  { hook: 'projectile_spawn', record: 'projectile_spawned', at: 'leave', values: [RESULT] },
  { hook: 'secondary_projectile_spawn', record: 'secondary_spawned', at: 'leave', values: [RESULT] },
  { hook: 'bonus_spawn_at', ...BONUS },
  { hook: 'bonus_spawn_at_pos', ...BONUS },
  {
    hook: 'creature_find_in_radius',
    record: 'hit',
    at: 'leave',
    within: 'projectile_update',
    found: true, // a negative result: no creature there
    values: [pointerArgument(0), RESULT, PROJECTILE_OWNER],
  },
  { hook: 'bonus_apply', record: 'pickup', at: 'enter', values: [argument(0), pointerArgument(1)] },
  {
    hook: 'creature_handle_death',
    record: 'death_begin',
    at: 'enter',
    values: [argument(0), creatureField('type_id'), creatureField('reward_value'), EXPERIENCE],
  },
  { hook: 'creature_handle_death', record: 'death_end', at: 'leave', values: [EXPERIENCE] },
  {
    hook: 'perk_apply',
    record: 'perk_apply_begin',
    at: 'enter',
    values: [argument(0), CALLER, word('perk_selection_index'), SELECTED_PERK],
  },
  { hook: 'perk_apply', record: 'perk_apply_end', at: 'leave', values: [] },
  { hook: 'perks_generate_choices', record: 'choices_begin', at: 'enter', values: [] },
  { hook: 'perks_generate_choices', record: 'choices_end', at: 'leave', values: [] },
  { hook: 'game_state_set', record: 'state_set', at: 'enter', values: [argument(0)] },
  { hook: 'quest_start_selected', record: 'quest_start', at: 'enter', values: [argument(0), argument(1)] },
  { hook: 'creature_update_all', record: 'creatures_updated', at: 'leave', values: [] },
  { hook: 'typo_key', record: 'typo_key', at: 'enter', values: [argument(0)] },
];

// What a tick is the time of: Typ-o runs a frame of its own. Should one of them call the other, they are one tick.
const UPDATES = ['gameplay_update_and_render', 'typo_gameplay_update_and_render'];

const MAX_VALUES = 4;
const MAX_ARGUMENTS = 2;
const ANY_CALLER = [0, 0];

// ------------------------------------------------------------------------------------------------- the game's numbers

// The CRT's generator: s' = s * 214013 + 2531011 modulo 2^32.
const LCG_INCREMENT = 2531011;
const LCG_INVERSE = 0xb9b33155; // of 214013

// The frame step of a replay, and how the game slows it: f32 throughout.
const STEP = Math.fround(1 / 60);
const SLOWEST = Math.fround(0.3);
const SLOWED_BY = Math.fround(0.7);
const REFLEX_BOOSTED = Math.fround(0.9);
const TYPO = 4; // a game mode

/** The state whose successor is `state`. */
function previousState(state) {
  return Math.imul((state - LCG_INCREMENT) | 0, LCG_INVERSE) >>> 0;
}

/** The frame step, in seconds and in whole milliseconds: slowed by a perk, outside of Typ-o, and by a bonus. */
function pinnedStep({ typo, reflexBoosted, timeScaleActive, reflexBoostTimer }) {
  let step = reflexBoosted && !typo ? Math.fround(STEP * REFLEX_BOOSTED) : STEP;
  if (timeScaleActive) {
    const remaining = Math.fround(Math.fround(1 - reflexBoostTimer) * SLOWED_BY);
    const factor = typo || reflexBoostTimer >= 1 ? SLOWEST : Math.fround(remaining + SLOWEST);
    step = Math.fround(step * factor);
  }
  return { step, milliseconds: Math.trunc(Math.fround(step * 1000)) };
}

// -------------------------------------------------------------------------------------------------- target and plan

const WRONG_TARGET = 'wrong target: ';
const WORD_BYTES = 4;

/** The file of the process, if it is one of `targets`; throws what was found when it is none. */
function requireTarget(targets) {
  const { path } = Process.mainModule;
  const contents = File.readAllBytes(path);
  const found = { path, size: contents.byteLength, sha256: Checksum.compute('sha256', contents) };
  if (!targets.some((target) => target.sha256 === found.sha256)) {
    throw new Error(WRONG_TARGET + JSON.stringify({ ...found, known: targets.map((target) => target.name) }));
  }
  return found;
}

/** How far a linked image was moved. The stand-in is no PE file: it maps its memory where the game was linked to. */
function slides({ image, library }) {
  const main = Process.mainModule;
  const isGame = main.base.readU8() === 0x4d && main.base.add(1).readU8() === 0x5a; // "MZ"
  if (!isGame) {
    return { image: 0, library: 0 };
  }
  const moved = (module, base) => (module.base.toUInt32() - base) | 0;
  return { image: moved(main, image.base), library: moved(Process.getModuleByName(library.name), library.base) };
}

function inside(address, { base, size }) {
  return address >= base && address - base < size;
}

/** The configuration with every address where it is in this process. */
function makePlan(config) {
  const slide = slides(config);
  const here = (address) => {
    const by = inside(address, config.image) ? slide.image : inside(address, config.library) ? slide.library : 0;
    return (address + by) >>> 0;
  };
  const allHere = (addresses) => Object.fromEntries(Object.entries(addresses).map(([name, at]) => [name, here(at)]));
  const placed = (thing) => ({ ...thing, address: here(thing.address) });
  return {
    slide: slide.image,
    image: { begin: here(config.image.base), size: config.image.size },
    functions: allHere(config.functions),
    sites: config.call_sites, // callers are compared as linked
    ranges: config.ranges,
    data: allHere(config.data),
    creature: placed(config.pools.creature),
    projectile: placed(config.pools.projectile),
    regions: config.regions.map(placed),
    cleans: config.clean.map(placed),
    rngOffset: config.rng_offset,
    ringWords: Math.floor(config.ring_bytes / WORD_BYTES),
  };
}

/** The events with numbers in place of names. */
function planEvents(plan) {
  return EVENTS.map(({ hook, record: name, at, within, found = false, values }) => ({
    hook,
    at,
    found,
    kind: RECORDS[name].kind,
    callers: within === undefined ? ANY_CALLER : plan.ranges[within],
    values: values.map(([source, operand]) => ({ source, operand: operand(plan) })),
  }));
}

function functionAt(plan, name) {
  const address = plan.functions[name];
  if (address === undefined) {
    throw new Error(`the configuration has no address of the function ${name}`);
  }
  return ptr(address);
}

function attach(plan, name, callbacks, data) {
  const target = functionAt(plan, name);
  try {
    return Interceptor.attach(target, callbacks, data);
  } catch (problem) {
    throw new Error(`${name}: no hook could be set: ${problem.message}`);
  }
}

function bytesOfHex(hex) {
  return Uint8Array.from(hex.match(/../g) ?? [], (digits) => parseInt(digits, 16));
}

// ----------------------------------------------------------------------------------------------------------- sending

/** Numbers the messages, and keeps the game from running away from a host that is slow to take them. */
class Outbox {
  constructor(window) {
    this.window = window;
    this.sequence = 0;
    this.bytes = 0;
    this.waits = 0;
    this.unacknowledged = 0;
    this.closing = false; // nobody waits any more
    this.closed = false; // nothing is sent any more
    this.listen();
  }

  listen() {
    this.credit = recv('credit', ({ count }) => {
      this.unacknowledged = Math.max(0, this.unacknowledged - count);
      this.listen();
    });
  }

  send(bytes) {
    if (this.closed) {
      return;
    }
    send({ type: 'records', sequence: this.sequence }, bytes);
    this.sequence += 1;
    this.unacknowledged += 1;
    this.bytes += bytes.byteLength;
  }

  /** Wait, on the game's thread, until the host has taken enough. */
  waitForCredit() {
    while (this.unacknowledged > this.window && !this.closing) {
      this.waits += 1;
      try {
        this.credit.wait();
      } catch {
        this.closing = true; // the script is being unloaded: nobody will ever answer
      }
    }
  }
}

// --------------------------------------------------------------------------------------------------- native recorder

// The C code's own state, 0 at first: its module's memory can't be written.
const STATE = [
  'used', // words in the ring
  'overflowed',
  'capturing', // nothing is recorded before the first set-up
  'in_setup',
  'in_tick', // how many updates are within each other
  'tick_left', // and not ended by the frame's draw yet
  'game_ptd', // draws of other threads have a state of their own: they are not the game's
];

// What the C code is told. With the state, a struct of u32 is made from these names.
const FACTS = [
  'ring',
  'ring_words',
  'image_begin',
  'image_size',
  'slide',
  'getptd',
  'rng_offset',
  'setup_first_draw',
  'frame_draw',
  'frame_dt',
  'frame_dt_ms',
  'time_scale_active',
  'reflex_boost_timer',
  'game_mode',
  'run_active',
  'reflex_boosted_count',
  'player_count',
  'perk_selection_index',
  'perk_choice_ids',
  'creatures',
  'creature_stride',
  'creature_count',
  'projectiles',
  'projectile_stride',
  'projectile_count',
  'projectile_owner',
  'region_count',
  'clean_count',
];

const SHARED = [...STATE, ...FACTS];
const USED = SHARED.indexOf('used');
const OVERFLOWED = SHARED.indexOf('overflowed');
const REGION_WORDS = 4; // address, slot bytes, slots, shadow
const CLEAN_WORDS = 4; // players, address, bytes, length
const EVENT_WORDS = 5 + 2 * MAX_VALUES;

function defines(prefix, table, value) {
  return Object.entries(table)
    .map(([name, entry]) => `#define ${prefix}_${name.toUpperCase()} ${value(entry)}u`)
    .join('\n');
}

const NATIVE_SOURCE = `
#include <gum/guminterceptor.h>
#include <string.h>

${defines('RECORD', RECORDS, ({ kind }) => kind)}
${defines('FROM', SOURCES, (source) => source)}

typedef struct { ${SHARED.map((name) => `guint32 ${name};`).join(' ')} } Shared;
typedef struct { guint32 address, slot_bytes, slots, shadow; } Region;
typedef struct { guint32 players, address, bytes, length; } Clean;
typedef struct { guint32 source, operand; } Value;
typedef struct { guint32 kind, first_caller, end_caller, found, count; Value values[${MAX_VALUES}]; } Event;
typedef struct { guint32 caller, arguments[${MAX_ARGUMENTS}]; } Call;

extern Shared shared;
extern Region regions[];
extern Clean cleans[];
extern void deliver (void);

#define POINTER(address) ((void *) (gsize) (address))
#define ADDRESS(pointer) ((guint32) (gsize) (pointer))

static guint32 read_word (guint32 address) { return *(guint32 *) POINTER (address); }
static void write_word (guint32 address, guint32 value) { *(guint32 *) POINTER (address) = value; }
static guint32 bits_of (float value) { guint32 bits; memcpy (&bits, &value, 4); return bits; }
static float float_of (guint32 bits) { float value; memcpy (&value, &bits, 4); return value; }

/* The last word of the ring is kept for the record that says that the rest did not fit. */
static guint32 * reserve (guint32 kind, guint32 words)
{
  guint32 * ring = POINTER (shared.ring);
  if (shared.overflowed)
    return NULL;
  if (shared.used + 1 + words >= shared.ring_words)
  {
    shared.overflowed = 1;
    ring[shared.used] = RECORD_OVERFLOW << 24;
    shared.used++;
    return NULL;
  }
  ring[shared.used] = kind << 24 | words;
  return ring + shared.used + 1;
}

/* A record counts once it is whole: the host may take what there is at any time. */
static void publish (guint32 words) { shared.used += 1 + words; }

static void put (guint32 kind, guint32 words, const guint32 * values)
{
  guint32 * target = reserve (kind, words);
  if (target == NULL)
    return;
  memcpy (target, values, words * 4);
  publish (words);
}

static void put_bare (guint32 kind) { put (kind, 0, NULL); }
static void put_one (guint32 kind, guint32 value) { put (kind, 1, &value); }

static void put_slot (guint32 region, guint32 slot, const void * bytes, guint32 size)
{
  guint32 words = 2 + size / 4;
  guint32 * target = reserve (RECORD_REGION, words);
  if (target == NULL)
    return;
  target[0] = region;
  target[1] = slot;
  memcpy (target + 2, bytes, size);
  publish (words);
}

/* By hand, four words at a time: the agent's C library has no memcmp, and the compiler does not optimise. */
static int differ (const guint32 * a, const guint32 * b, guint32 words)
{
  for (; words >= 4; words -= 4, a += 4, b += 4)
    if ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]))
      return 1;
  for (; words != 0; words--, a++, b++)
    if (*a != *b)
      return 1;
  return 0;
}

static void put_regions (int all)
{
  guint32 i, slot;
  for (i = 0; i != shared.region_count; i++)
  {
    Region * region = &regions[i];
    guint32 size = region->slot_bytes;
    guint32 words = size / 4;
    guint32 * now = POINTER (region->address);
    guint32 * before = POINTER (region->shadow);
    for (slot = 0; slot != region->slots; slot++, now += words, before += words)
    {
      if (!all && !differ (now, before, words))
        continue;
      memcpy (before, now, size);
      put_slot (i, slot, now, size);
    }
  }
}

static int in_image (guint32 address) { return address - shared.image_begin < shared.image_size; }
static guint32 linked (guint32 address) { return in_image (address) ? address - shared.slide : address; }

static guint32 caller_of (GumInvocationContext * ic)
{
  guint32 address = ADDRESS (gum_invocation_context_get_return_address (ic));
  return in_image (address) ? address - shared.slide : 0;
}

static guint32 thread_data (void) { return ((guint32 (*) (void)) POINTER (shared.getptd)) (); }

/* ---- draws ---- */

static void begin_setup (guint32 ptd)
{
  guint32 players = read_word (shared.player_count);
  guint32 i;
  shared.capturing = 1;
  shared.in_setup = 1;
  shared.game_ptd = ptd;
  put_one (RECORD_SETUP_BEGIN, read_word (ptd + shared.rng_offset));
  put_regions (1);
  for (i = 0; i != shared.clean_count; i++)
    if (cleans[i].players == players)
      memcpy (POINTER (cleans[i].address), POINTER (cleans[i].bytes), cleans[i].length);
}

static void end_setup (void)
{
  shared.in_setup = 0;
  shared.tick_left = 0;
  put_regions (0);
  put_bare (RECORD_SETUP_END);
  deliver ();
}

static void end_tick (void)
{
  shared.tick_left = 0;
  put_bare (RECORD_TICK_END);
  deliver ();
}

/* An idle game makes no message of its own; this keeps a long pause from filling the ring. */
static void undo_idle_draw (guint32 seed_address)
{
  write_word (seed_address, (read_word (seed_address) - ${LCG_INCREMENT}u) * ${LCG_INVERSE}u);
  put_bare (RECORD_IDLE_DRAW_UNDONE);
  if (shared.used > shared.ring_words / 2)
    deliver ();
}

void draw_enter (GumInvocationContext * ic)
{
  guint32 caller = caller_of (ic);
  guint32 begins = caller == shared.setup_first_draw && !shared.in_tick;
  guint32 closes = caller == shared.frame_draw && !shared.in_tick;
  guint32 ptd, seed_address, draw[2];
  if (!shared.capturing && !begins)
    return;
  ptd = thread_data ();
  if (begins)
    begin_setup (ptd);
  if (ptd != shared.game_ptd)
    return;
  seed_address = ptd + shared.rng_offset;
  if (closes && !shared.in_setup && !shared.tick_left)
  {
    undo_idle_draw (seed_address);
    return;
  }
  draw[0] = read_word (seed_address);
  draw[1] = caller;
  put (RECORD_DRAW, 2, draw);
  if (closes && shared.in_setup)
    end_setup ();
  else if (closes)
    end_tick ();
}

/* ---- ticks ---- */

/* Each step through memory: the x87 would keep more bits. */
static float time_factor (float reflex)
{
  volatile float factor;
  if (reflex >= 1.0f)
    return ${SLOWEST}f;
  factor = 1.0f - reflex;
  factor = factor * ${SLOWED_BY}f;
  factor = factor + ${SLOWEST}f;
  return factor;
}

/* Towards zero. By hand, since the compiler has no conversion without its run-time library. */
static gint32 truncated (float value)
{
  guint32 bits = bits_of (value);
  gint32 exponent = (gint32) (bits >> 23 & 0xff) - 127;
  guint32 mantissa = (bits & 0x7fffff) | 0x800000;
  guint32 whole;
  if (exponent < 0)
    return 0;
  if (exponent > 30)
    return (gint32) 0x80000000;
  whole = exponent > 23 ? mantissa << (exponent - 23) : mantissa >> (23 - exponent);
  return bits >> 31 ? -(gint32) whole : (gint32) whole;
}

static void pin_step (guint32 active, float reflex)
{
  volatile float step = ${STEP}f;
  volatile float milliseconds;
  int typo = read_word (shared.game_mode) == ${TYPO};
  int boosted = *(guint8 *) POINTER (shared.run_active) != 0 && read_word (shared.reflex_boosted_count) != 0;
  if (boosted && !typo)
    step = step * ${REFLEX_BOOSTED}f;
  if (active)
    step = step * (typo ? ${SLOWEST}f : time_factor (reflex));
  milliseconds = step * 1000.0f;
  write_word (shared.frame_dt, bits_of (step));
  write_word (shared.frame_dt_ms, (guint32) truncated (milliseconds));
}

void tick_enter (GumInvocationContext * ic)
{
  guint32 values[7];
  if (shared.in_tick++ != 0 || !shared.capturing)
    return;
  values[0] = read_word (shared.game_ptd + shared.rng_offset);
  values[1] = *(guint8 *) POINTER (shared.time_scale_active);
  values[2] = read_word (shared.reflex_boost_timer);
  values[3] = read_word (shared.frame_dt);
  values[4] = read_word (shared.frame_dt_ms);
  pin_step (values[1], float_of (values[2]));
  values[5] = read_word (shared.frame_dt);
  values[6] = read_word (shared.frame_dt_ms);
  put (RECORD_TICK_ENTER, 7, values);
}

void tick_leave (GumInvocationContext * ic)
{
  if (--shared.in_tick != 0 || !shared.capturing)
    return;
  if (!shared.in_setup)
    put_regions (0);
  put_one (RECORD_TICK_LEAVE, read_word (shared.game_ptd + shared.rng_offset));
  shared.tick_left = 1;
}

/* ---- events ---- */

static guint32 creature_field (guint32 slot, guint32 offset)
{
  return slot < shared.creature_count ? read_word (shared.creatures + slot * shared.creature_stride + offset) : ${NO_CREATURE}u;
}

static guint32 projectile_owner (guint32 position)
{
  guint32 slot = (position - shared.projectiles) / shared.projectile_stride;
  if (slot >= shared.projectile_count)
    return ${NO_OWNER}u;
  return read_word (shared.projectiles + slot * shared.projectile_stride + shared.projectile_owner);
}

static guint32 selected_perk (void)
{
  guint32 selected = read_word (shared.perk_selection_index);
  return selected <= ${LAST_PERK_CHOICE}u ? read_word (shared.perk_choice_ids + 4 * selected) : ${NO_PERK}u;
}

static guint32 value_of (const Value * value, const Call * call, guint32 result)
{
  guint32 operand = value->operand;
  switch (value->source)
  {
    case FROM_CONSTANT: return operand;
    case FROM_ARGUMENT: return call->arguments[operand];
    case FROM_RESULT: return result;
    case FROM_RESULT_BYTE: return result & 0xff;
    case FROM_CALLER: return call->caller;
    case FROM_WORD: return read_word (operand);
    case FROM_POINTER_ARGUMENT: return linked (call->arguments[operand]);
    case FROM_POINTER_RESULT: return linked (result);
    case FROM_CREATURE_FIELD: return creature_field (call->arguments[0], operand);
    case FROM_PROJECTILE_OWNER: return projectile_owner (call->arguments[0]);
    default: return selected_perk ();
  }
}

static void put_event (const Event * event, const Call * call, guint32 result)
{
  guint32 values[${MAX_VALUES}];
  guint32 i;
  if (event->end_caller != 0 && (call->caller < event->first_caller || call->caller >= event->end_caller))
    return;
  if (event->found && (gint32) result < 0)
    return;
  for (i = 0; i != event->count; i++)
    values[i] = value_of (&event->values[i], call, result);
  put (event->kind, event->count, values);
}

static void note_call (GumInvocationContext * ic, Call * call)
{
  guint32 i;
  call->caller = caller_of (ic);
  for (i = 0; i != ${MAX_ARGUMENTS}; i++)
    call->arguments[i] = ADDRESS (gum_invocation_context_get_nth_argument (ic, i));
}

void event_enter (GumInvocationContext * ic)
{
  Call call;
  if (!shared.capturing)
    return;
  note_call (ic, &call);
  put_event (GUM_IC_GET_FUNC_DATA (ic, const Event *), &call, 0);
}

/* Once the callee has returned, its arguments are off the stack. */
void event_called (GumInvocationContext * ic)
{
  note_call (ic, GUM_IC_GET_INVOCATION_DATA (ic, Call));
}

void event_leave (GumInvocationContext * ic)
{
  guint32 result = ADDRESS (gum_invocation_context_get_return_value (ic));
  if (shared.capturing)
    put_event (GUM_IC_GET_FUNC_DATA (ic, const Event *), GUM_IC_GET_INVOCATION_DATA (ic, Call), result);
}
`;

/** Memory that the C code reads, as a pointer for it and a view for us. */
function allocateWords(count) {
  const memory = Memory.alloc(Math.max(count, 1) * WORD_BYTES);
  return { memory, view: new Uint32Array(ArrayBuffer.wrap(memory, count * WORD_BYTES)) };
}

class NativeRecorder {
  constructor(plan, outbox) {
    this.plan = plan;
    this.outbox = outbox;
    this.kept = []; // memory that only the C code refers to
    this.taken = 0; // words of the ring that were sent already
    this.ring = this.keep(Memory.alloc(plan.ringWords * WORD_BYTES));
    this.shared = allocateWords(SHARED.length);
    this.fillShared();
    this.deliver = new NativeCallback(() => this.onDeliver(), 'void', []);
    this.code = new CModule(NATIVE_SOURCE, {
      shared: this.shared.memory,
      regions: this.regions(),
      cleans: this.cleans(),
      deliver: this.deliver,
    });
  }

  keep(memory) {
    this.kept.push(memory);
    return memory;
  }

  fillShared() {
    const { plan } = this;
    const { data, creature, projectile } = plan;
    const values = {
      ring: this.ring.toUInt32(),
      ring_words: plan.ringWords,
      image_begin: plan.image.begin,
      image_size: plan.image.size,
      slide: plan.slide,
      getptd: functionAt(plan, 'crt_getptd').toUInt32(),
      rng_offset: plan.rngOffset,
      setup_first_draw: plan.sites.setup_first_draw,
      frame_draw: plan.sites.frame_draw,
      frame_dt: data.frame_dt,
      frame_dt_ms: data.frame_dt_ms,
      time_scale_active: data.time_scale_active,
      reflex_boost_timer: data.bonus_reflex_boost_timer,
      game_mode: data.config_game_mode,
      run_active: data.run_active,
      reflex_boosted_count: data.reflex_boosted_count,
      player_count: data.config_player_count,
      perk_selection_index: data.perk_selection_index,
      perk_choice_ids: data.perk_choice_ids,
      creatures: creature.address,
      creature_stride: creature.stride,
      creature_count: creature.count,
      projectiles: projectile.address,
      projectile_stride: projectile.stride,
      projectile_count: projectile.count,
      projectile_owner: projectile.owner_id,
      region_count: plan.regions.length,
      clean_count: plan.cleans.length,
    };
    this.shared.view.fill(0);
    this.shared.view.set(
      FACTS.map((name) => values[name]),
      STATE.length,
    );
  }

  regions() {
    const { regions } = this.plan;
    const table = allocateWords(regions.length * REGION_WORDS);
    regions.forEach(({ address, slot_size: slotSize, slots }, index) => {
      const shadow = this.keep(Memory.alloc(slotSize * slots));
      table.view.set([address, slotSize, slots, shadow.toUInt32()], index * REGION_WORDS);
    });
    return this.keep(table.memory);
  }

  cleans() {
    const { cleans } = this.plan;
    const table = allocateWords(cleans.length * CLEAN_WORDS);
    cleans.forEach(({ players, address, hex }, index) => {
      const contents = bytesOfHex(hex);
      const bytes = this.keep(Memory.alloc(Math.max(contents.length, 1)));
      bytes.writeByteArray(contents.buffer);
      table.view.set([players, address, bytes.toUInt32(), contents.length], index * CLEAN_WORDS);
    });
    return this.keep(table.memory);
  }

  eventTable(events) {
    const table = allocateWords(events.length * EVENT_WORDS);
    events.forEach(({ kind, callers, found, values }, index) => {
      const words = [kind, ...callers, Number(found), values.length];
      values.forEach(({ source, operand }) => words.push(SOURCES[source], operand));
      table.view.set(words, index * EVENT_WORDS);
    });
    return this.keep(table.memory);
  }

  attach(events) {
    const { plan, code } = this;
    attach(plan, 'crt_rand', { onEnter: code.draw_enter });
    UPDATES.forEach((name) => attach(plan, name, { onEnter: code.tick_enter, onLeave: code.tick_leave }));
    const table = this.eventTable(events);
    const onEnter = { onEnter: code.event_enter };
    const onLeave = { onEnter: code.event_called, onLeave: code.event_leave };
    events.forEach(({ hook, at }, index) => {
      attach(plan, hook, at === 'enter' ? onEnter : onLeave, table.add(index * EVENT_WORDS * WORD_BYTES));
    });
  }

  get used() {
    return this.shared.view[USED];
  }

  /** On the game's thread, so nothing is written meanwhile. The ring is empty before the wait: `flush` may come then. */
  onDeliver() {
    this.flush();
    this.shared.view[USED] = 0;
    this.shared.view[OVERFLOWED] = 0;
    this.taken = 0;
    this.outbox.waitForCredit();
  }

  /** Send what is there. From any thread: the words up to `used` are whole records, and stay. */
  flush() {
    const end = this.used;
    if (end > this.taken) {
      const bytes = (end - this.taken) * WORD_BYTES;
      this.outbox.send(ArrayBuffer.wrap(this.ring.add(this.taken * WORD_BYTES), bytes));
      this.taken = end;
    }
  }
}

// ------------------------------------------------------------------------------------------------- script recorder

/** A view of memory. Wrapped once: reading through a pointer is a guarded native call each time. */
function viewOf(Type, address, count) {
  return new Type(ArrayBuffer.wrap(ptr(address), count * Type.BYTES_PER_ELEMENT));
}

class ScriptRecorder {
  constructor(plan, outbox) {
    this.plan = plan;
    this.outbox = outbox;
    this.ring = new Uint32Array(plan.ringWords);
    this.used = 0;
    this.overflowed = false;
    this.capturing = false;
    this.inSetup = false;
    this.inTick = 0;
    this.tickLeft = false;
    this.gameThread = 0;
    this.seed = null;
    this.getptd = new NativeFunction(functionAt(plan, 'crt_getptd'), 'pointer', []);
    this.words = new Map();
    this.timeScaleActive = viewOf(Uint8Array, plan.data.time_scale_active, 1);
    this.reflexBoostTimer = viewOf(Float32Array, plan.data.bonus_reflex_boost_timer, 1);
    this.frameDt = viewOf(Float32Array, plan.data.frame_dt, 1);
    this.frameDtMs = viewOf(Int32Array, plan.data.frame_dt_ms, 1);
    this.perkChoices = viewOf(Uint32Array, plan.data.perk_choice_ids, LAST_PERK_CHOICE + 1);
    this.creatures = this.poolView(plan.creature);
    this.projectiles = this.poolView(plan.projectile);
    this.regions = plan.regions.map(({ address, slot_size: slotSize, slots }) => ({
      now: viewOf(Uint32Array, address, (slotSize / WORD_BYTES) * slots),
      before: new Uint32Array((slotSize / WORD_BYTES) * slots),
      slotWords: slotSize / WORD_BYTES,
      slots,
    }));
    this.runActive = viewOf(Uint8Array, plan.data.run_active, 1);
    this.cleans = plan.cleans.map(({ players, address, hex }) => {
      const bytes = bytesOfHex(hex);
      return { players, target: viewOf(Uint8Array, address, bytes.length), bytes };
    });
  }

  poolView({ address, stride, count }) {
    return viewOf(Uint32Array, address, (stride / WORD_BYTES) * count);
  }

  attach(events) {
    const { plan } = this;
    const recorder = this;
    attach(plan, 'crt_rand', {
      onEnter() {
        recorder.drawEnter(this.returnAddress, this.threadId);
      },
    });
    const callbacks = { onEnter: () => this.tickEnter(), onLeave: () => this.tickLeave() };
    UPDATES.forEach((name) => attach(plan, name, callbacks));
    events.forEach((event) => this.attachEvent(event));
  }

  attachEvent(event) {
    const recorder = this;
    const onEnter = {
      onEnter(args) {
        if (recorder.capturing) {
          recorder.putEvent(event, recorder.noteCall(this.returnAddress, args), 0);
        }
      },
    };
    const onLeave = {
      onEnter(args) {
        this.noted = recorder.noteCall(this.returnAddress, args);
      },
      onLeave(result) {
        if (recorder.capturing) {
          recorder.putEvent(event, this.noted, result.toUInt32());
        }
      },
    };
    attach(this.plan, event.hook, event.at === 'enter' ? onEnter : onLeave);
  }

  // ---- records

  put(kind, values) {
    const { ring } = this;
    if (!this.hasRoom(values.length)) {
      return;
    }
    ring[this.used] = (kind << 24) | values.length;
    for (let i = 0; i < values.length; i += 1) {
      ring[this.used + 1 + i] = values[i];
    }
    this.used += 1 + values.length;
  }

  hasRoom(words) {
    if (this.overflowed) {
      return false;
    }
    if (this.used + 1 + words >= this.ring.length) {
      this.overflowed = true;
      this.ring[this.used] = RECORDS.overflow.kind << 24;
      this.used += 1;
      return false;
    }
    return true;
  }

  putSlot(region, slot, data) {
    const words = 2 + data.length;
    if (this.hasRoom(words)) {
      this.ring.set([(RECORDS.region.kind << 24) | words, region, slot], this.used);
      this.ring.set(data, this.used + 3);
      this.used += 1 + words;
    }
  }

  putRegions(all) {
    this.regions.forEach(({ now, before, slotWords, slots }, region) => {
      for (let slot = 0, begin = 0; slot < slots; slot += 1, begin += slotWords) {
        const end = begin + slotWords;
        if (all || differs(now, before, begin, end)) {
          const data = now.subarray(begin, end);
          before.set(data, begin);
          this.putSlot(region, slot, data);
        }
      }
    });
  }

  deliver() {
    this.flush();
    this.overflowed = false;
    this.outbox.waitForCredit();
  }

  flush() {
    if (this.used > 0) {
      const bytes = this.ring.buffer.slice(0, this.used * WORD_BYTES);
      this.used = 0;
      this.outbox.send(bytes);
    }
  }

  // ---- memory

  word(address) {
    let view = this.words.get(address);
    if (view === undefined) {
      view = viewOf(Uint32Array, address, 1);
      this.words.set(address, view);
    }
    return view[0];
  }

  inImage(address) {
    const { begin, size } = this.plan.image;
    return address >= begin && address - begin < size;
  }

  linked(address) {
    return this.inImage(address) ? (address - this.plan.slide) >>> 0 : address;
  }

  callerOf(returnAddress) {
    const address = returnAddress.toUInt32();
    return this.inImage(address) ? (address - this.plan.slide) >>> 0 : 0;
  }

  // ---- draws

  drawEnter(returnAddress, thread) {
    const { sites } = this.plan;
    const caller = this.callerOf(returnAddress);
    if (caller === sites.setup_first_draw && !this.inTick) {
      this.beginSetup(thread);
    }
    if (!this.capturing || thread !== this.gameThread) {
      return;
    }
    const closes = caller === sites.frame_draw && !this.inTick;
    if (closes && !this.inSetup && !this.tickLeft) {
      this.undoIdleDraw();
      return;
    }
    this.put(RECORDS.draw.kind, [this.seed[0], caller]);
    if (closes && this.inSetup) {
      this.endSetup();
    } else if (closes) {
      this.endTick();
    }
  }

  beginSetup(thread) {
    this.capturing = true;
    this.inSetup = true;
    this.gameThread = thread;
    this.seed = viewOf(Uint32Array, this.getptd().add(this.plan.rngOffset), 1);
    this.put(RECORDS.setup_begin.kind, [this.seed[0]]);
    this.putRegions(true);
    const found = this.word(this.plan.data.config_player_count);
    this.cleans.filter(({ players }) => players === found).forEach(({ target, bytes }) => target.set(bytes));
  }

  endSetup() {
    this.inSetup = false;
    this.tickLeft = false;
    this.putRegions(false);
    this.put(RECORDS.setup_end.kind, []);
    this.deliver();
  }

  endTick() {
    this.tickLeft = false;
    this.put(RECORDS.tick_end.kind, []);
    this.deliver();
  }

  undoIdleDraw() {
    this.seed[0] = previousState(this.seed[0]);
    this.put(RECORDS.idle_draw_undone.kind, []);
    if (this.used > this.ring.length >> 1) {
      this.deliver();
    }
  }

  // ---- ticks

  tickEnter() {
    this.inTick += 1;
    if (this.inTick !== 1 || !this.capturing) {
      return;
    }
    const active = this.timeScaleActive[0];
    const { data } = this.plan;
    const found = [this.word(data.frame_dt), this.word(data.frame_dt_ms)];
    const { step, milliseconds } = pinnedStep({
      typo: this.word(data.config_game_mode) === TYPO,
      reflexBoosted: this.runActive[0] !== 0 && this.word(data.reflex_boosted_count) !== 0,
      timeScaleActive: active !== 0,
      reflexBoostTimer: this.reflexBoostTimer[0],
    });
    this.frameDt[0] = step;
    this.frameDtMs[0] = milliseconds;
    const pinned = [this.word(data.frame_dt), this.word(data.frame_dt_ms)];
    const reflex = this.word(data.bonus_reflex_boost_timer);
    this.put(RECORDS.tick_enter.kind, [this.seed[0], active, reflex, ...found, ...pinned]);
  }

  tickLeave() {
    this.inTick -= 1;
    if (this.inTick !== 0 || !this.capturing) {
      return;
    }
    if (!this.inSetup) {
      this.putRegions(false);
    }
    this.put(RECORDS.tick_leave.kind, [this.seed[0]]);
    this.tickLeft = true;
  }

  // ---- events

  noteCall(returnAddress, args) {
    return { caller: this.callerOf(returnAddress), arguments: [args[0].toUInt32(), args[1].toUInt32()] };
  }

  putEvent({ kind, callers: [first, end], found, values }, call, result) {
    const elsewhere = end !== 0 && (call.caller < first || call.caller >= end);
    if (!elsewhere && !(found && (result | 0) < 0)) {
      this.put(
        kind,
        values.map(({ source, operand }) => READERS[source](this, operand, call, result)),
      );
    }
  }

  creatureField(slot, offset) {
    const { stride, count } = this.plan.creature;
    return slot < count ? this.creatures[(slot * stride + offset) / WORD_BYTES] : NO_CREATURE;
  }

  projectileOwner(position) {
    const { address, stride, count, owner_id: offset } = this.plan.projectile;
    const slot = Math.floor(((position - address) >>> 0) / stride);
    return slot < count ? this.projectiles[(slot * stride + offset) / WORD_BYTES] : NO_OWNER;
  }

  selectedPerk() {
    const selected = this.word(this.plan.data.perk_selection_index);
    return selected <= LAST_PERK_CHOICE ? this.perkChoices[selected] : NO_PERK;
  }
}

const READERS = {
  constant: (recorder, operand) => operand,
  argument: (recorder, operand, call) => call.arguments[operand],
  result: (recorder, operand, call, result) => result,
  result_byte: (recorder, operand, call, result) => result & 0xff,
  caller: (recorder, operand, call) => call.caller,
  word: (recorder, operand) => recorder.word(operand),
  pointer_argument: (recorder, operand, call) => recorder.linked(call.arguments[operand]),
  pointer_result: (recorder, operand, call, result) => recorder.linked(result),
  creature_field: (recorder, operand, call) => recorder.creatureField(call.arguments[0], operand),
  projectile_owner: (recorder, operand, call) => recorder.projectileOwner(call.arguments[0]),
  selected_perk: (recorder) => recorder.selectedPerk(),
};

function differs(now, before, begin, end) {
  for (let i = begin; i < end; i += 1) {
    if (now[i] !== before[i]) {
      return true;
    }
  }
  return false;
}

// ------------------------------------------------------------------------------------------------------------ control

let recorder = null;
let outbox = null;

/** Whether this Frida has a C compiler; asked with an empty module, so that a mistake in our C code stays an error. */
function hasCompiler() {
  try {
    new CModule('int nothing;').dispose();
    return true;
  } catch {
    return false;
  }
}

/** End the capture and send what is left. The game may be waiting for the host: it must not wait for ever. */
function finish() {
  if (recorder !== null) {
    Interceptor.detachAll();
    Interceptor.flush();
    outbox.closing = true;
    recorder.flush();
    // The game may be in a hook that was just taken out: what it still records comes too late.
    outbox.closed = true;
  }
}

function stats() {
  return outbox === null
    ? { messages: 0, bytes: 0, waits: 0, unacknowledged: 0 }
    : { messages: outbox.sequence, bytes: outbox.bytes, waits: outbox.waits, unacknowledged: outbox.unacknowledged };
}

rpc.exports = {
  describe() {
    return { records: RECORDS };
  },

  init(config) {
    const target = requireTarget(config.targets);
    const plan = makePlan(config);
    const events = planEvents(plan);
    outbox = new Outbox(config.window);
    const Recorder = config.native && hasCompiler() ? NativeRecorder : ScriptRecorder;
    recorder = new Recorder(plan, outbox);
    try {
      recorder.attach(events);
    } catch (problem) {
      Interceptor.detachAll();
      throw problem;
    }
    send({
      type: 'hello',
      ...target,
      arch: Process.arch,
      platform: Process.platform,
      frida: Frida.version,
      native: recorder instanceof NativeRecorder,
    });
  },

  stop() {
    finish();
    return stats();
  },

  stats,

  dispose() {
    finish();
    // A process that is killed does not come here.
    send({ type: 'goodbye' });
  },
};
