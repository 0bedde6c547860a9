//! z + composer + the notes so far → the next note, field by field.
//!
//! Label and latent enter in four places, because a decoder that gets them once learns to ignore them: added to the
//! input, as scale and shift of every norm, as memory tokens for cross-attention in every layer, and in the norm
//! before the heads.

use tch::nn::{Init, Path};
use tch::{Kind, Tensor};

use super::ModelConfig;
use super::encoder::embed;
use super::features::{HINT_COLUMNS, HINT_ROWS, INPUT_COLUMNS, INPUT_ROWS, MATCH_CLASSES};
use super::hints::Hints;
use super::transformer::{Attention, FeedForward, KeysValues, Linear, Mask, Rotary, adaptive_norm, norm};
use crate::tokens::Field;

/// The condition of a batch of sequences, prepared for every layer.
#[derive(Debug)]
pub struct Condition {
    /// `[B, 1, d]`
    summary: Tensor,
    /// Per layer and for the output: scale and shift, `[B, 1, d]` each.
    modulations: Vec<Vec<Tensor>>,
    /// Cross-attention memory per layer.
    memories: Vec<KeysValues>,
}

#[derive(Debug)]
struct Layer {
    modulation: Linear,
    self_attention: Attention,
    cross_attention: Attention,
    feed_forward: FeedForward,
}

/// A small head for one field; it sees the trunk and the fields already chosen.
#[derive(Debug)]
struct Head {
    hidden: Linear,
    out: Linear,
    /// Embeds this field's value for the heads after it, `[size, d]`; absent for the last field.
    table: Option<Tensor>,
    /// Pull towards the hinted value and its neighbours, one output per [`reach`].
    gate: Linear,
    /// The same by class of the match length, `[MATCH_CLASSES, n]`.
    gate_table: Tensor,
    /// [`reach`] as a tensor, `[n]`.
    offsets: Tensor,
}

/// Distances from the hinted value that a head can pull towards: a repeated key is the same key, but it is struck and
/// held a little differently.
fn reach(field: Field) -> &'static [i64] {
    match field {
        Field::Pitch | Field::Pedal => &[0],
        Field::Velocity | Field::Duration | Field::Gap => &[-2, -1, 0, 1, 2],
    }
}

/// The autoregressive half of the VAE.
#[derive(Debug)]
pub struct Decoder {
    head_dim: usize,
    n_heads: i64,
    table: Tensor,
    /// Embeds the hint of a position, `[HINT_ROWS, d]`; starts at zero, so that older checkpoints work as before.
    hint_table: Tensor,
    /// Whether the hinted pitch was chosen, for the heads after it: `[MATCH_CLASSES + 1, d]`.
    outcome_table: Tensor,
    composer_table: Tensor,
    /// Labels after "nobody", for composers that were added later: `[m, d]`.
    added_labels: Option<Tensor>,
    from_z: Linear,
    no_z: Tensor,
    mix_up: Linear,
    mix_down: Linear,
    memory_from_z: Linear,
    n_queries: i64,
    layers: Vec<Layer>,
    out_modulation: Linear,
    heads: Vec<Head>,
}

impl Decoder {
    pub fn new(vs: &Path, config: &ModelConfig) -> Decoder {
        let d = config.d_model;
        let wide = d as i64;
        let layers = (0..config.n_layers)
            .map(|i| {
                let vs = vs / "layers" / i;
                Layer {
                    modulation: Linear::scaled(&vs, "modulation", d, 4 * d, 0.3),
                    self_attention: Attention::new(&(&vs / "self_attention"), d, config.n_heads),
                    cross_attention: Attention::new(&(&vs / "cross_attention"), d, config.n_heads),
                    feed_forward: FeedForward::new(&(&vs / "feed_forward"), d, config.d_ff),
                }
            })
            .collect();
        let heads = Field::ALL
            .iter()
            .map(|field| {
                let vs = vs / "heads" / field.name();
                Head {
                    hidden: Linear::new(&vs, "hidden", d, d),
                    out: Linear::scaled(&vs, "out", d, field.size(), 0.0),
                    table: (*field != Field::Gap).then(|| {
                        vs.var("table", &[field.size() as i64, wide], Init::Randn { mean: 0.0, stdev: 1.0 })
                    }),
                    gate: Linear::scaled(&vs, "gate", d, reach(*field).len(), 0.0),
                    gate_table: vs.zeros("gate_table", &[MATCH_CLASSES, reach(*field).len() as i64]),
                    offsets: Tensor::from_slice(reach(*field)).to_device(vs.device()),
                }
            })
            .collect();
        Decoder {
            head_dim: config.head_dim(),
            n_heads: config.n_heads as i64,
            table: vs.var("table", &[INPUT_ROWS, wide], Init::Randn { mean: 0.0, stdev: 0.4 }),
            hint_table: vs.zeros("hint_table", &[HINT_ROWS, wide]),
            outcome_table: vs.zeros("outcome_table", &[MATCH_CLASSES + 1, wide]),
            // One more row than composers: the learned "nobody".
            composer_table: vs.var(
                "composer_table",
                &[config.n_composers as i64 + 1, wide],
                Init::Randn { mean: 0.0, stdev: 1.0 },
            ),
            added_labels: None,
            from_z: Linear::scaled(vs, "from_z", config.d_latent, d, 0.5),
            no_z: vs.var("no_z", &[1, config.d_latent as i64], Init::Randn { mean: 0.0, stdev: 1.0 }),
            mix_up: Linear::new(vs, "mix_up", d, d),
            mix_down: Linear::scaled(vs, "mix_down", d, d, 0.0),
            memory_from_z: Linear::scaled(vs, "memory_from_z", config.d_latent, d * config.n_queries, 0.5),
            n_queries: config.n_queries as i64,
            layers,
            out_modulation: Linear::scaled(vs, "out_modulation", d, 2 * d, 0.3),
            heads,
        }
    }

    /// Adds labels: row `i` of `rows`, `[m, d]`, becomes label `n_composers + 1 + i`.
    pub fn add_labels(&mut self, rows: &Tensor) {
        self.added_labels = Some(rows.shallow_clone());
    }

    /// `z`: `[B, d_latent]`; `composer`: int64 `[B]`, where `n_composers` means "no label"; `has_z`: `[B]` of 0 or
    /// 1, 0 where the latent is withheld.
    pub fn condition(&self, z: &Tensor, composer: &Tensor, has_z: &Tensor, compute: Kind) -> Condition {
        let label = self.label_table().index_select(0, composer);
        self.condition_on(z, &label, has_z, compute)
    }

    /// As [`Decoder::condition`], under several labels at once; `shares`: float `[B, n_labels]`, each row summing to 1.
    pub fn condition_mixed(&self, z: &Tensor, shares: &Tensor, has_z: &Tensor, compute: Kind) -> Condition {
        self.condition_on(z, &shares.matmul(&self.label_table()), has_z, compute)
    }

    /// Labels there are, "nobody" among them.
    pub fn n_labels(&self) -> usize {
        self.label_table().size()[0] as usize
    }

    fn label_table(&self) -> Tensor {
        match &self.added_labels {
            Some(added) => Tensor::cat(&[&self.composer_table, added], 0),
            None => self.composer_table.shallow_clone(),
        }
    }

    /// `label`: `[B, d]`.
    fn condition_on(&self, z: &Tensor, label: &Tensor, has_z: &Tensor, compute: Kind) -> Condition {
        let b = z.size()[0];
        let keep = has_z.to_kind(Kind::Float).unsqueeze(1); // [B, 1]
        let z = (z * &keep + &self.no_z * (-&keep + 1.0)).to_kind(compute); // [B, d_latent]
        let label = label.to_kind(compute); // [B, d]
        let sum = self.from_z.forward(&z) + &label;
        let summary = &sum + self.mix_down.forward(&self.mix_up.forward(&norm(&sum)).relu().square());
        let summary = norm(&summary).unsqueeze(1); // [B, 1, d]
        let z_tokens = self.memory_from_z.forward(&z).view([b, self.n_queries, -1]); // [B, n_queries, d]
        let memory = norm(&Tensor::cat(&[label.unsqueeze(1), z_tokens], 1)); // [B, 1 + n_queries, d]
        let mut modulations: Vec<Vec<Tensor>> =
            self.layers.iter().map(|l| l.modulation.forward(&summary).chunk(4, -1)).collect();
        modulations.push(self.out_modulation.forward(&summary).chunk(2, -1));
        let memories = self.layers.iter().map(|l| l.cross_attention.keys_values(&memory, None)).collect();
        Condition { summary, modulations, memories }
    }

    fn rotary(&self, index: &Tensor, secs: &Tensor) -> Rotary {
        Rotary::new(index, secs, self.head_dim)
    }

    fn layer(
        &self,
        i: usize,
        x: &Tensor,
        condition: &Condition,
        attend: impl FnOnce(&Attention, &Tensor) -> Tensor,
    ) -> Tensor {
        let layer = &self.layers[i];
        let m = &condition.modulations[i];
        let a = adaptive_norm(x, &m[0], &m[1]);
        let cross = layer.cross_attention.attend(
            &layer.cross_attention.queries(&a, None),
            &condition.memories[i],
            Mask::Full,
        );
        let x = x + attend(&layer.self_attention, &a) + cross;
        &x + layer.feed_forward.forward(&adaptive_norm(&x, &m[2], &m[3]))
    }

    fn finish(&self, x: &Tensor, condition: &Condition) -> Tensor {
        let m = &condition.modulations[self.layers.len()];
        adaptive_norm(x, &m[0], &m[1])
    }

    /// What the first layer sees: `rows` `[B, T, INPUT_COLUMNS]` and the hints of the same positions. `[B, T, d]`.
    fn input(&self, rows: &Tensor, hints: &Hints, condition: &Condition) -> Tensor {
        let t = rows.size()[1];
        let notes = embed(&self.table, rows, t, INPUT_COLUMNS as i64); // [B, T, d]
        let hinted = embed(&self.hint_table, &hints.rows, t, HINT_COLUMNS as i64); // [B, T, d]
        norm(&((notes + hinted).to_kind(condition.summary.kind()) + &condition.summary))
    }

    /// The trunk over whole sequences. `rows`: int64 `[B, T, INPUT_COLUMNS]`; `secs`: the onset of each predicted
    /// note, `[B, T]`; `hints`: of the notes to predict; `sight`: how many positions each sees, including itself.
    /// Returns `[B, T, d]`.
    pub fn trunk(
        &self,
        rows: &Tensor,
        secs: &Tensor,
        hints: &Hints,
        condition: &Condition,
        sight: i64,
    ) -> Tensor {
        let t = rows.size()[1];
        let mut x = self.input(rows, hints, condition); // [B, T, d]
        let index = Tensor::arange(t, (Kind::Float, rows.device())).unsqueeze(0).expand_as(secs); // [B, T]
        let rotary = self.rotary(&index, secs);
        for i in 0..self.layers.len() {
            x = self.layer(i, &x, condition, |attention, a| {
                attention.attend(
                    &attention.queries(a, Some(&rotary)),
                    &attention.keys_values(a, Some(&rotary)),
                    Mask::Last(sight),
                )
            });
        }
        self.finish(&x, condition)
    }

    /// An empty cache for `b` sequences of up to `len` notes.
    pub fn cache(&self, b: i64, len: i64, options: (Kind, tch::Device)) -> Cache {
        let empty = || Tensor::zeros([b, self.n_heads, len, self.head_dim as i64], options);
        let layers = self.layers.iter().map(|_| KeysValues { keys: empty(), values: empty() }).collect();
        Cache { layers, len: 0 }
    }

    /// `T` more positions after those in `cache`: `rows` `[B, T, INPUT_COLUMNS]`, `secs` `[B, T]`. Equal to the same
    /// positions of [`Decoder::trunk`]. `T` may be over 1 only while the cache is empty (a prompt). `[B, T, d]`.
    pub fn extend(
        &self,
        rows: &Tensor,
        secs: &Tensor,
        hints: &Hints,
        condition: &Condition,
        cache: &mut Cache,
    ) -> Tensor {
        let t = rows.size()[1];
        let mut x = self.input(rows, hints, condition); // [B, T, d]
        let index =
            (Tensor::arange(t, (Kind::Float, rows.device())) + cache.len as f64).unsqueeze(0).expand_as(secs);
        let rotary = self.rotary(&index, secs);
        let (from, until) = (cache.len, cache.len + t);
        for i in 0..self.layers.len() {
            let stored = &mut cache.layers[i];
            x = self.layer(i, &x, condition, |attention, a| {
                let new = attention.keys_values(a, Some(&rotary));
                stored.keys.narrow(2, from, t).copy_(&new.keys);
                stored.values.narrow(2, from, t).copy_(&new.values);
                let seen = KeysValues {
                    keys: stored.keys.narrow(2, 0, until),
                    values: stored.values.narrow(2, 0, until),
                };
                let mask = if t > 1 { Mask::Last(t) } else { Mask::Full };
                attention.attend(&attention.queries(a, Some(&rotary)), &seen, mask)
            });
        }
        cache.len = until;
        self.finish(&x, condition)
    }

    /// Logits of one field, `[.., size]` floats, from the trunk's output plus the fields chosen so far. `hints` has
    /// the leading shape of `so_far`.
    pub fn logits(&self, field: Field, so_far: &Tensor, hints: &Hints) -> Tensor {
        let head = &self.heads[field.index()];
        let seen = norm(so_far);
        let hidden = head.hidden.forward(&seen).relu().square(); // [.., hidden]
        let logits = head.out.forward(&hidden).to_kind(Kind::Float); // [.., size]
        // A pointer to the hinted value: what memory adds to each logit is explicit and can be scaled.
        let by_class = Tensor::embedding(&head.gate_table, &hints.matched, -1, false, false); // [.., n]
        let lean = head.gate.forward(&seen).to_kind(Kind::Float) + by_class; // [.., n]
        let at = hints.value(field).unsqueeze(-1) + &head.offsets; // [.., n]
        let last = field.size() as i64 - 1;
        let is_inside = at.ge(0).logical_and(&at.le(last));
        let lean = lean * hints.strength.unsqueeze(-1) * is_inside; // [.., n]
        logits.scatter_add(-1, &at.clamp(0, last), &lean)
    }

    /// Adds a chosen value to what the next heads see. `values`: int64, the shape of `so_far` less its last dimension.
    pub fn chosen(&self, field: Field, so_far: &Tensor, values: &Tensor, hints: &Hints) -> Tensor {
        let kind = so_far.kind();
        let Some(table) = &self.heads[field.index()].table else {
            return so_far.shallow_clone();
        };
        let seen = so_far + Tensor::embedding(table, values, -1, false, false).to_kind(kind);
        if field != Field::Pitch {
            return seen;
        }
        let outcome = hints.outcome(values);
        seen + Tensor::embedding(&self.outcome_table, &outcome, -1, false, false).to_kind(kind)
    }
}

/// Cached keys and values of the notes so far, so that each new note costs one position.
#[derive(Debug)]
pub struct Cache {
    layers: Vec<KeysValues>,
    len: i64,
}

impl Cache {
    /// Positions filled.
    pub fn len(&self) -> i64 {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Forgets the last `positions`.
    pub fn rewind(&mut self, positions: i64) {
        self.len = (self.len - positions).max(0);
    }

    /// Replaces sequence `i` by sequence `rows[i]`; `rows`: int64, on the cache's device.
    pub fn select(&mut self, rows: &Tensor) {
        for layer in &mut self.layers {
            layer.keys = layer.keys.index_select(0, rows);
            layer.values = layer.values.index_select(0, rows);
        }
    }
}
