//! Merges the pedals of all channels into those of one piano.

use std::collections::HashMap;

use super::track::{Channel, RawPedal};
use crate::music::PedalChange;

/// No string rings longer than this under the pedal.
const LONGEST_RING_SECS: f64 = 20.0;

/// Merges the changes of all channels into one pedal, as far down as the lowest of them.
pub(super) fn merge(mut changes: Vec<RawPedal>, secs: &impl Fn(u64) -> f64) -> Vec<PedalChange> {
    changes.sort_by_key(|change| change.tick);
    let is_one = changes.windows(2).all(|pair| pair[0].channel == pair[1].channel);
    let mut value_of: HashMap<Channel, u8> = HashMap::new();
    // The number of pedals at each value, so that many pedals cost no more than one.
    let mut count_at = [0usize; 128];
    let mut deepest = 0;
    let mut merged = Vec::new();
    for change in changes {
        let value = change.value.min(127);
        let before = value_of.insert(change.channel, value).unwrap_or(0);
        count_at[usize::from(before)] = count_at[usize::from(before)].saturating_sub(1);
        count_at[usize::from(value)] += 1;
        let now = (0..128u8).rev().find(|&v| count_at[usize::from(v)] > 0).unwrap_or(0);
        if is_one || now != deepest {
            merged.push(PedalChange { time_secs: secs(change.tick), value: now });
            deepest = now;
        }
    }
    merged
}

/// Drops pedal changes after the last key release that cannot be heard: those after the pedal is fully up, and those so
/// late that nothing rings any more. Returns how many dropped changes are worth reporting: lifting a pedal that is
/// already up soon after the end is not.
pub(super) fn drop_late(pedal: &mut Vec<PedalChange>, last_release_secs: f64) -> usize {
    let during = pedal.partition_point(|change| change.time_secs <= last_release_secs);
    let mut kept = during;
    while (1..pedal.len()).contains(&kept)
        && pedal[kept - 1].value > 0
        && pedal[kept].time_secs <= last_release_secs + LONGEST_RING_SECS
    {
        kept += 1;
    }
    let latest_secs = last_release_secs + LONGEST_RING_SECS;
    let is_worth_reporting = |change: &&PedalChange| change.value > 0 || change.time_secs > latest_secs;
    let dropped = pedal[kept..].iter().filter(is_worth_reporting).count();
    pedal.truncate(kept);
    dropped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(list: &[(f64, u8)]) -> Vec<PedalChange> {
        let change = |&(time_secs, value)| PedalChange { time_secs, value };
        list.iter().map(change).collect()
    }

    #[test]
    fn the_last_pedal_counts_until_it_is_up() {
        for (given, kept, said) in [
            (&[(1.0, 127), (9.0, 100), (9.5, 20), (11.0, 0), (12.0, 127), (14.0, 0)][..], 4, 1),
            (&[(1.0, 127), (8.0, 0), (12.0, 127)], 2, 1),
            (&[(281_188.0, 0)], 0, 1),
            // It stays down: the notes fade naturally.
            (&[(1.0, 127), (281_188.0, 0)], 1, 1),
            (&[(1.0, 127), (8.0, 0), (9.0, 0)], 2, 0),
        ] {
            let mut pedal = changes(given);
            assert_eq!(drop_late(&mut pedal, 8.5), said, "{given:?}");
            assert_eq!(pedal, changes(&given[..kept]));
        }
    }
}
