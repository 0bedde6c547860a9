//! Input and events of the map.

use std::sync::Arc;

use crate::latent_map::{LatentMap, Plane};
use crate::music::{ComposerId, ComposerSet};

/// What the map shows this frame.
pub struct LatentInput<'a> {
    /// `None` where the checkpoint has no map or there is no checkpoint.
    pub map: Option<&'a Arc<LatentMap>>,
    /// The place of the mix that is chosen.
    pub mix: Option<[f32; 2]>,
    /// Can the map be shown on another plane?
    pub has_planes: bool,
    pub composers: &'a ComposerSet,
    /// Oldest first.
    pub takes: &'a [LatentTake],
    /// The path of the take on the stage.
    pub path: Option<TakePath>,
    /// The composer chosen in the picker stands out.
    pub selected: Option<ComposerId>,
    /// Can a place be heard now?
    pub can_hear: bool,
    /// Is one being heard?
    pub is_hearing: bool,
    /// Why a click cannot compose; `None` if it can.
    pub disabled_because: Option<&'a str>,
}

/// A take with a place on the map.
#[derive(Clone, Debug, PartialEq)]
pub struct LatentTake {
    pub id: u64,
    pub xy: [f32; 2],
    pub name: String,
    pub composer: Option<ComposerId>,
    /// It is the one on the roll.
    pub is_current: bool,
}

/// What the user did on the map.
#[derive(Clone, Debug, PartialEq)]
pub enum LatentEvent {
    /// Decode this place and play it.
    ClickedAt {
        xy: [f32; 2],
    },
    /// Compose a take that moves along this path.
    Walked {
        path: Vec<[f32; 2]>,
    },
    /// Compose from the Gaussian of these segments.
    ComposeLike {
        segments: Vec<usize>,
    },
    /// Let this place be heard.
    Hear {
        xy: [f32; 2],
    },
    /// No place is to be heard any more.
    HearNoMore,
    /// Write a table of these segments.
    ExportCsv {
        segments: Vec<usize>,
    },
    ShowPlane(Plane),
    /// Show this take.
    TakeClicked {
        id: u64,
    },
}

/// Where the segments of a take lie.
#[derive(Clone, Debug, PartialEq)]
pub struct TakePath {
    /// In order.
    pub xy: Vec<[f32; 2]>,
    /// The playhead, in segments: at `i` it is in the middle of segment `i`.
    pub at: f32,
    pub composer: Option<ComposerId>,
}
