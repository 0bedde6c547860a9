//! A blend: the takes between two others, in order.

use crate::app::state::takes::TakesState;
use crate::generate::verbs::MAX_STEPS;
use crate::takes::{How, Made, Part, TakeId};

/// A blend of two takes, with the two at its ends.
#[derive(Clone, Debug, PartialEq)]
pub struct BlendPath {
    /// One of the takes in between; identifies the blend.
    anchor: TakeId,
    pub stops: Vec<Option<TakeId>>,
    pub ends: [String; 2],
}

impl BlendPath {
    /// The blend that `id` is a step of.
    pub fn of(takes: &TakesState, id: &TakeId) -> Option<BlendPath> {
        let record = &takes.get(id)?.record;
        let made = record.made()?;
        let How::Blend { with, steps, .. } = &made.how else {
            return None;
        };
        let there = |part: &Part| takes.get(&part.id).map(|e| e.id.clone());
        let seed = record.settings.as_ref().map(|s| s.seed);
        // Records are files and may contain anything.
        let mut stops = vec![None; (*steps).min(MAX_STEPS)];
        *stops.first_mut()? = there(&made.source);
        *stops.last_mut()? = there(with);
        for entry in takes.all() {
            let is_of_one_press = entry.record.settings.as_ref().map(|s| s.seed) == seed;
            if let Some(step) = step_of(&entry.record.made().filter(|_| is_of_one_press), &made)
                && let Some(stop) = stops.get_mut(step)
            {
                *stop = Some(entry.id.clone());
            }
        }
        let name = |part: &Part| {
            let entry = takes.get(&part.id);
            entry.map_or_else(|| part.name.clone(), |e| e.record.name.clone())
        };
        Some(BlendPath { anchor: id.clone(), stops, ends: [name(&made.source), name(with)] })
    }

    /// The blend of the take now on the stage, given that this was the previous one.
    pub fn follow(before: Option<&BlendPath>, takes: &TakesState, staged: &TakeId) -> Option<BlendPath> {
        BlendPath::of(takes, staged).or_else(|| {
            let way = BlendPath::of(takes, &before?.anchor)?;
            way.place_of(staged).is_some().then_some(way)
        })
    }

    pub fn place_of(&self, id: &TakeId) -> Option<usize> {
        self.stops.iter().position(|stop| stop.as_ref() == Some(id))
    }

    /// The existing stop nearest to a place.
    pub fn nearest(&self, place: usize) -> Option<&TakeId> {
        let there = self.stops.iter().enumerate();
        there
            .filter_map(|(i, stop)| Some((i.abs_diff(place), stop.as_ref()?)))
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, id)| id)
    }
}

/// The step of `other` in the blend that `made` belongs to.
pub fn step_of(other: &Option<Made>, made: &Made) -> Option<usize> {
    let other = other.as_ref()?;
    let (How::Blend { with, step, steps }, How::Blend { with: own_with, steps: own_steps, .. }) =
        (&other.how, &made.how)
    else {
        return None;
    };
    let is_same_blend = with.id == own_with.id && steps == own_steps && other.source.id == made.source.id;
    is_same_blend.then_some(*step)
}
