//! A place of the map that is being heard.

use super::feed::Feed;
use crate::progress::StopFlag;

/// A place of the map that is being heard.
pub struct Preview {
    pub feed: Feed,
    pub stop: StopFlag,
    /// The position of the stage's playhead, to which it returns.
    pub position_secs: f64,
}
