//! Notes that a decoder is still undecided about, for a selector to hear.
//!
//! Forwards, the selector hears notes drawn from the decoder's probabilities; backwards, the gradient passes as if it
//! had heard the expected embedding: the straight-through estimator (Bengio et al. 2013, arXiv 1308.3432).

use tch::{Device, Kind, Tensor, no_grad};

use crate::model::features::{NOTE_ROWS, note_rows};
use crate::tokens::{Field, NoteToken, TALLY_LEN, tally};

/// Keeps the gradient of a square root finite where a value does not occur.
const RARE_SHARE: f64 = 1e-3;

/// The notes of a batch of segments.
#[derive(Debug)]
pub struct SoftNotes {
    /// By field, one-hot: what was drawn. `[B, T, size]`, without a gradient.
    drawn: [Tensor; 5],
    /// By field: the probabilities. `[B, T, size]`
    expected: [Tensor; 5],
    /// float `[B, T]`: 1 for a note, 0 after the end of the segment.
    present: Tensor,
    /// float `[B, TALLY_LEN]`: of what was drawn.
    drawn_tallies: Tensor,
}

impl SoftNotes {
    /// `logits`: by field, float `[B, T, size]`; `present`: bool `[B, T]`, true for the notes of each segment, which
    /// come first. Draws from torch's own generator.
    pub fn new(logits: &[Tensor; 5], present: &Tensor) -> SoftNotes {
        let present = present.to_kind(Kind::Float);
        let mask = present.unsqueeze(2); // [B, T, 1]
        let expected = Field::ALL.map(|f| logits[f.index()].softmax(-1, Kind::Float) * &mask); // [B, T, size]
        let (drawn, drawn_tallies) = no_grad(|| {
            let values = Field::ALL.map(|f| {
                // A segment may have ended: then any value will do.
                let p = (&expected[f.index()] + 1e-9).view([-1, f.size() as i64]);
                p.multinomial(1, true).view_as(&present) // [B, T]
            });
            let one_hot = |f: Field| values[f.index()].one_hot(f.size() as i64).to_kind(Kind::Float) * &mask;
            (Field::ALL.map(one_hot), tallies_of(&values, &present))
        });
        SoftNotes { drawn, expected, present, drawn_tallies }
    }

    /// float `[B, T / patch]`: 1 for patches that begin with a note.
    pub(super) fn present_patches(&self, patch: usize) -> Tensor {
        self.present.slice(1, 0, None, patch as i64)
    }

    /// Embeds the notes in patches with the rows of `table`: `[patch · NOTE_ROWS, width]` -> `[B, T / patch, width]`.
    pub(super) fn embed(&self, table: &Tensor, patch: usize) -> Tensor {
        let sum = |fields: &[Tensor; 5]| {
            (0..patch).fold(Tensor::from(0f32).to_device(table.device()), |sum, at| {
                sum + self.embed_at(fields, &table.narrow(0, at as i64 * NOTE_ROWS, NOTE_ROWS), (at, patch))
            })
        };
        straight_through(&sum(&self.drawn), &sum(&self.expected))
    }

    /// The notes at position `at` of every patch: `rows` `[NOTE_ROWS, width]` -> `[B, T / patch, width]`.
    fn embed_at(&self, fields: &[Tensor; 5], rows: &Tensor, (at, patch): (usize, usize)) -> Tensor {
        let here = |x: &Tensor| x.slice(1, at as i64, None, patch as i64);
        let hidden = note_rows(None, 0);
        let hidden = rows.index_select(0, &indices(&hidden, rows.device())).sum_dim_intlist(
            [0i64].as_slice(),
            false,
            Kind::Float,
        ); // [width]
        let absent = (-here(&self.present) + 1.0).unsqueeze(2); // [B, T / patch, 1]
        Field::ALL.iter().fold(absent * hidden, |sum, &field| {
            sum + here(&fields[field.index()]).matmul(&embedding_of(field, rows))
        })
    }

    /// `[B, TALLY_LEN]`, with a gradient for the histograms of the five fields.
    pub(super) fn tallies(&self) -> Tensor {
        let notes = self.present.sum_dim_intlist([1i64].as_slice(), true, Kind::Float).clamp_min(1.0); // [B, 1]
        let shares = |field: &Tensor| field.sum_dim_intlist([1i64].as_slice(), false, Kind::Float) / &notes;
        let roots: Vec<Tensor> = self.expected.iter().map(|f| (shares(f) + RARE_SHARE).sqrt()).collect();
        let roots = Tensor::cat(&roots, 1); // [B, sizes of the five fields together]
        let rest = TALLY_LEN as i64 - roots.size()[1];
        straight_through(&self.drawn_tallies, &roots.constant_pad_nd([0, rest]))
    }
}

/// The rows of one field's values, with those of pitch class and octave for a pitch: `[size, width]`.
fn embedding_of(field: Field, rows: &Tensor) -> Tensor {
    let columns = |column: usize| {
        let of = |value: usize| {
            let mut note = [0u8; 5];
            note[field.index()] = value as u8;
            note_rows(Some(NoteToken::from_array(note)), 0)[column]
        };
        let all: Vec<i64> = (0..field.size()).map(of).collect();
        rows.index_select(0, &indices(&all, rows.device()))
    };
    let own = columns(field.index());
    match field {
        Field::Pitch => own + columns(Field::ALL.len()) + columns(Field::ALL.len() + 1),
        Field::Velocity | Field::Duration | Field::Pedal | Field::Gap => own,
    }
}

fn indices(rows: &[i64], device: Device) -> Tensor {
    Tensor::from_slice(rows).to_device(device)
}

/// The tallies of drawn notes: `values` `[B, T]` each, of which `present` ones count.
fn tallies_of(values: &[Tensor; 5], present: &Tensor) -> Tensor {
    let (b, t) = (present.size()[0] as usize, present.size()[1] as usize);
    let stacked = Tensor::stack(values, 2).to_kind(Kind::Uint8).to_device(Device::Cpu).contiguous(); // [B, T, 5]
    let mut bytes = vec![0u8; b * t * 5];
    let len = bytes.len();
    stacked.copy_data_u8(&mut bytes, len);
    let lengths = present.sum_dim_intlist([1i64].as_slice(), false, Kind::Int64).to_device(Device::Cpu);
    let tallies: Vec<f32> = (0..b)
        .flat_map(|i| {
            let own = &bytes[i * t * 5..][..lengths.int64_value(&[i as i64]) as usize * 5];
            let note = |n: &[u8; 5]| NoteToken::from_array(*n);
            tally(&own.as_chunks::<5>().0.iter().map(note).collect::<Vec<_>>())
        })
        .collect();
    Tensor::from_slice(&tallies).view([b as i64, TALLY_LEN as i64]).to_device(present.device())
}

/// The value of `forward` with the gradient of `backward`.
fn straight_through(forward: &Tensor, backward: &Tensor) -> Tensor {
    forward.detach() + backward - backward.detach()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::{Classifier, ClassifierKind};
    use crate::music::ComposerSet;

    fn logits_of(notes: &[NoteToken]) -> [Tensor; 5] {
        Field::ALL.map(|field| {
            let values: Vec<i64> = notes.iter().map(|n| i64::from(n.get(field))).collect();
            let chosen = Tensor::from_slice(&values).unsqueeze(0);
            (chosen.one_hot(field.size() as i64).to_kind(Kind::Float) * 60.0).set_requires_grad(true)
        })
    }

    #[test]
    fn certain_notes_sound_like_the_notes_themselves_and_pass_a_gradient() {
        let composers = ComposerSet::new((0..3).map(|i| format!("Composer {i}")));
        tch::manual_seed(5);
        let selector = Classifier::new(ClassifierKind::Selector, &composers, Device::Cpu);
        let notes: Vec<NoteToken> = (0..256u32)
            .map(|i| NoteToken {
                pitch: (i * 7 % 88) as u8,
                velocity: (i % 32) as u8,
                duration: (i * 3 % 64) as u8,
                pedal: (i % 3) as u8,
                gap: (i * 5 % 40) as u8,
            })
            .collect();
        for len in [256, 101] {
            let logits = logits_of(&notes);
            let present = Tensor::arange(256, (Kind::Int64, Device::Cpu)).lt(len as i64).unsqueeze(0);
            let soft = selector.hear_soft(&SoftNotes::new(&logits, &present)).unwrap();
            let features = selector.forward_features(&[&notes[..len]], 0.0);
            let plain = selector.forward_logits(&features, 0.0);
            let difference = (&soft - &plain).abs().max().double_value(&[]);
            assert!(difference < 1e-3, "{len} notes: {difference}");
            soft.log_softmax(1, Kind::Float).select(1, 0).sum(Kind::Float).backward();
            for logits in &logits {
                assert!(logits.grad().abs().sum(Kind::Float).double_value(&[]) > 0.0);
            }
        }
        let judge = Classifier::new(ClassifierKind::Judge, &composers, Device::Cpu);
        let present = Tensor::ones([1, 256], (Kind::Bool, Device::Cpu));
        assert!(judge.hear_soft(&SoftNotes::new(&logits_of(&notes), &present)).is_none());
    }
}
