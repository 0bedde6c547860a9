//! MIDI ports, and call and response: what is played on a port is gone on with.

use super::app::PasticheApp;
use crate::app::state::order::Order;
use crate::app::state::settings::MidiSettings;
use crate::app::threads::workers::Done;
use crate::music::Performance;
use crate::ports::{MidiEvent, PortState};
use crate::sampling::fresh_seed;
use crate::takes::{ComposeSettings, How, Made, Part, TakeEntry, TakeRecord, TakeStoreError, now_secs};

/// How takes are called that were played on a port.
const CALL: &str = "Call";

impl PasticheApp {
    pub(super) fn set_midi(&mut self, midi: MidiSettings) {
        self.midi.choose(midi.choice());
        self.state.settings.midi = midi;
    }

    /// Takes in what the ports report.
    pub(super) fn drain_midi(&mut self) {
        self.state.midi = self.midi.status();
        self.tell_of_ports();
        for event in self.midi.events() {
            match event {
                _ if !self.state.settings.midi.is_answering => {}
                MidiEvent::PhraseBegan => self.fall_silent(),
                MidiEvent::Phrase(music) => self.answer(music),
            }
        }
    }

    /// Says once when a port cannot be used.
    fn tell_of_ports(&mut self) {
        let now = self.state.midi.clone();
        for (before, port) in [(&self.told_midi.output, &now.output), (&self.told_midi.input, &now.input)] {
            match port {
                PortState::Failed { why } if port != before => self.toasts.warn(format!("MIDI: {why}.")),
                PortState::Failed { .. } | PortState::Open { .. } | PortState::Off => {}
            }
        }
        self.told_midi = now;
    }

    /// Someone plays: an answer that still sounds makes room.
    fn fall_silent(&mut self) {
        self.state.orders.clear();
        if let Some(composing) = &self.state.composing {
            composing.stop.stop();
        }
        self.sound.pause();
    }

    /// Saves the phrase among the takes, so that the answer knows its source.
    fn answer(&mut self, music: Performance) {
        if !self.may_compose() {
            return;
        }
        let calls = self.state.takes.all().iter().filter(|e| e.record.name.starts_with(CALL)).count();
        let record = TakeRecord::opened(format!("{CALL} {}", calls + 1), &music, now_secs());
        let store = self.store.clone();
        self.workers.write(move || Some(Done::CallKept { result: store.save(record, &music), music }));
    }

    pub(super) fn call_kept(&mut self, result: Result<TakeEntry, TakeStoreError>, music: Performance) {
        let entry = match result {
            Ok(entry) => entry,
            Err(error) => return self.toasts.error("What was played was not saved", &error),
        };
        let source = Part { id: entry.id.clone(), name: entry.record.name.clone() };
        self.state.takes.put(entry);
        if !self.may_compose() {
            return;
        }
        let form = &self.state.settings.form.settings;
        let how = How::Continue { notes: self.state.settings.midi.answer_notes, to: form.composer.clone() };
        let settings = ComposeSettings {
            composer: None,
            seed: fresh_seed(),
            sampling: form.sampling,
            ..ComposeSettings::default()
        };
        let order = Order { made: Made { source, how }, settings, is_quiet: false, is_answer: true };
        self.begin_order(order, vec![music]);
    }
}
