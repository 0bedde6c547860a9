//! Generators: the parameters of a zone. See the SoundFont 2.04 specification, chapter 8.

use std::ops::RangeInclusive;

use crate::music::Pitch;

pub const START_OFFSET: u16 = 0;
pub const END_OFFSET: u16 = 1;
pub const LOOP_START_OFFSET: u16 = 2;
pub const LOOP_END_OFFSET: u16 = 3;
pub const START_COARSE_OFFSET: u16 = 4;
pub const MOD_LFO_TO_PITCH: u16 = 5;
pub const VIB_LFO_TO_PITCH: u16 = 6;
pub const MOD_ENV_TO_PITCH: u16 = 7;
pub const END_COARSE_OFFSET: u16 = 12;
pub const REVERB_SEND: u16 = 16;
pub const INSTRUMENT: u16 = 41;
pub const KEY_RANGE: u16 = 43;
pub const VELOCITY_RANGE: u16 = 44;
pub const LOOP_START_COARSE_OFFSET: u16 = 45;
pub const LOOP_END_COARSE_OFFSET: u16 = 50;
pub const COARSE_TUNE: u16 = 51;
pub const FINE_TUNE: u16 = 52;
pub const SAMPLE_ID: u16 = 53;
pub const SAMPLE_MODES: u16 = 54;
pub const SCALE_TUNING: u16 = 56;
pub const EXCLUSIVE_CLASS: u16 = 57;
pub const ROOT_KEY: u16 = 58;

/// Generators from here on are undefined.
const COUNT: usize = 61;

/// What a preset adds to the instrument's own amount: number, default, minimum and maximum. Times may be shorter than
/// the specification allows, since many programs write −32,768 for "at once".
const ADDITIVE: [(u16, i32, i32, i32); 35] = [
    (MOD_LFO_TO_PITCH, 0, -12_000, 12_000),
    (VIB_LFO_TO_PITCH, 0, -12_000, 12_000),
    (MOD_ENV_TO_PITCH, 0, -12_000, 12_000),
    // Filter: cutoff, resonance, and how much low-frequency oscillator and envelope move it.
    (8, 13_500, 1_500, 13_500),
    (9, 0, 0, 960),
    (10, 0, -12_000, 12_000),
    (11, 0, -12_000, 12_000),
    // Tremolo, chorus, reverb, pan.
    (13, 0, -960, 960),
    (15, 0, 0, 1_000),
    (REVERB_SEND, 0, 0, 1_000),
    (17, 0, -500, 500),
    // Delay and frequency of the two oscillators.
    (21, -12_000, -32_768, 5_000),
    (22, 0, -16_000, 4_500),
    (23, -12_000, -32_768, 5_000),
    (24, 0, -16_000, 4_500),
    // The modulation envelope.
    (25, -12_000, -32_768, 5_000),
    (26, -12_000, -32_768, 8_000),
    (27, -12_000, -32_768, 5_000),
    (28, -12_000, -32_768, 8_000),
    (29, 0, 0, 1_000),
    (30, -12_000, -32_768, 8_000),
    (31, 0, -1_200, 1_200),
    (32, 0, -1_200, 1_200),
    // The volume envelope.
    (33, -12_000, -32_768, 5_000),
    (34, -12_000, -32_768, 8_000),
    (35, -12_000, -32_768, 5_000),
    (36, -12_000, -32_768, 8_000),
    (37, 0, 0, 1_440),
    (38, -12_000, -32_768, 8_000),
    (39, 0, -1_200, 1_200),
    (40, 0, -1_200, 1_200),
    // Attenuation; older programs also raised the level with it.
    (48, 0, -1_440, 1_440),
    (COARSE_TUNE, 0, -120, 120),
    (FINE_TUNE, 0, -12_700, 12_700),
    (SCALE_TUNING, 100, 0, 1_200),
];

/// The amounts of a zone: its own, or else those of the global zone.
#[derive(Clone, Copy)]
pub struct Amounts([Option<u16>; COUNT]);

impl Amounts {
    pub fn new(global: &[Generator], own: &[Generator]) -> Amounts {
        let mut amounts = [None; COUNT];
        for (number, amount) in global.iter().chain(own) {
            if let Some(slot) = amounts.get_mut(usize::from(*number)) {
                *slot = Some(*amount);
            }
        }
        Amounts(amounts)
    }

    pub fn get(&self, number: u16) -> Option<i32> {
        let amount = self.0.get(usize::from(number)).copied().flatten();
        amount.map(|word| i32::from(word as i16))
    }

    /// A fine and a coarse generator, in frames.
    pub fn offset(&self, fine: u16, coarse: u16) -> i64 {
        let frames = self.get(fine).unwrap_or(0) + 32_768 * self.get(coarse).unwrap_or(0);
        i64::from(frames)
    }

    fn range(&self, number: u16) -> RangeInclusive<u8> {
        let [low, high] = self.0.get(usize::from(number)).copied().flatten().unwrap_or(0x7f00).to_le_bytes();
        low..=high
    }
}

/// The generators of a region: a preset's zone combined with an instrument's.
#[derive(Clone, Debug)]
pub struct Shape {
    pub keys: RangeInclusive<u8>,
    pub velocities: RangeInclusive<u8>,
    /// Number and amount, by number, without defaults.
    pub generators: Vec<(u16, i16)>,
}

impl Shape {
    /// `None` if the two have no piano key or no velocity in common.
    pub fn new(preset: &Amounts, instrument: &Amounts) -> Option<Shape> {
        let piano = Pitch::LOWEST.number()..=Pitch::HIGHEST.number();
        let keys = common(&common(&preset.range(KEY_RANGE), &instrument.range(KEY_RANGE)), &piano);
        let velocities =
            common(&common(&preset.range(VELOCITY_RANGE), &instrument.range(VELOCITY_RANGE)), &(1..=127));
        if keys.is_empty() || velocities.is_empty() {
            return None;
        }
        let sum = |(number, usual, least, most): (u16, i32, i32, i32)| {
            let amount = instrument.get(number).unwrap_or(usual) + preset.get(number).unwrap_or(0);
            let amount = amount.clamp(least, most);
            (amount != usual).then_some((number, amount as i16))
        };
        let mut generators: Vec<(u16, i16)> = ADDITIVE.into_iter().filter_map(sum).collect();
        if let Some(class @ 1..=127) = instrument.get(EXCLUSIVE_CLASS) {
            generators.push((EXCLUSIVE_CLASS, class as i16));
        }
        Some(Shape { keys, velocities, generators })
    }

    /// The amount of one of the generators that a preset adds to.
    pub fn amount(&self, number: u16) -> i32 {
        let own = self.generators.iter().find(|(n, _)| *n == number);
        let usual = || ADDITIVE.iter().find(|a| a.0 == number).map_or(0, |a| a.1);
        own.map_or_else(usual, |(_, amount)| i32::from(*amount))
    }
}

fn common(a: &RangeInclusive<u8>, b: &RangeInclusive<u8>) -> RangeInclusive<u8> {
    *a.start().max(b.start())..=*a.end().min(b.end())
}

/// A generator's number and amount.
pub type Generator = (u16, u16);
