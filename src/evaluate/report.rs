//! The evaluation report, as JSON and as a table.

use std::fmt::{self, Write};

use serde::{Deserialize, Serialize};

use super::adherence::Adherence;
use super::cost::Cost;
use super::latent::LatentReport;
use super::options::EvaluateOptions;
use super::similarity::{Likeness, OutOfRange, RelativeCosine};
use super::{Copied, Gate, GateTable, LENGTHS, MemoryReport};
use crate::tokens::Field;

/// A row: how a classifier names a set of music.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdherenceRow {
    pub name: String,
    /// Over all labelled composers.
    pub all: Adherence,
    /// Over the original twelve that have enough music.
    pub original: Adherence,
}

/// Likeness to real music of the same composer; every figure with that of other real music.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LikenessReport {
    pub distributions: Vec<Likeness>,
    /// Fréchet distance of the judge's features, generated takes to real segments.
    pub frechet: f64,
    pub real_frechet: f64,
    pub histograms: RelativeCosine,
    pub real_histograms: RelativeCosine,
    pub features: RelativeCosine,
    pub real_features: RelativeCosine,
    pub out_of_range: Vec<OutOfRange>,
}

/// Everything `pastiche evaluate` measures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub version: String,
    /// Fingerprints of model, judge and selector.
    pub checkpoint: String,
    pub judge: String,
    pub selector: Option<String>,
    pub corpus: String,
    pub composers: Vec<String>,
    /// Composers of the original project without enough music for a label.
    pub too_little_music: Vec<String>,
    pub options: EvaluateOptions,
    pub minutes: f64,
    /// Real music first, then takes, both named by the judge.
    pub adherence: Vec<AdherenceRow>,
    /// Composers whose takes are recognised less than half as often as their real music.
    pub lost: Vec<String>,
    pub latent: LatentReport,
    pub likeness: LikenessReport,
    pub copied: Copied,
    pub unseen_works: Copied,
    pub cost: Cost,
    /// Nats per note of held-out windows by field, with label and latent; `None` in reports of older versions.
    #[serde(default)]
    pub nll_fields: Option<[f64; 5]>,
    /// `None` without long takes.
    #[serde(default)]
    pub memory: Option<MemoryReport>,
    /// Without those of memory and form, which are in `memory`.
    pub gates: Vec<Gate>,
}

impl Report {
    /// Real held-out music, named by the judge.
    pub fn ceiling(&self) -> &AdherenceRow {
        &self.adherence[0]
    }

    /// Takes with selection, if there was one, named by the judge.
    pub fn chosen_takes(&self) -> Option<&AdherenceRow> {
        self.adherence.iter().find(|r| r.name.starts_with("takes, best of"))
    }

    /// Takes without selection, named by the judge.
    pub fn first_takes(&self) -> &AdherenceRow {
        &self.adherence[1]
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        self.write_head(&mut out)?;
        self.write_adherence(&mut out)?;
        self.write_composers(&mut out)?;
        self.write_latent(&mut out)?;
        self.write_nll(&mut out)?;
        self.write_likeness(&mut out)?;
        self.write_copied(&mut out)?;
        self.write_cost(&mut out)?;
        if let Some(memory) = &self.memory {
            write!(out, "\n{memory}")?;
        }
        self.write_gates(&mut out)?;
        f.write_str(&out)
    }
}

impl Report {
    fn write_head(&self, out: &mut String) -> fmt::Result {
        let o = &self.options;
        writeln!(
            out,
            "checkpoint {}, judge {}, selector {}; {} takes of {} notes per composer, seed {}, guidance {}, temperature {}, top-p {}; {:.0} min",
            self.checkpoint,
            self.judge,
            self.selector.as_deref().unwrap_or("none"),
            o.takes,
            o.notes,
            o.seed,
            o.sampling.guidance,
            o.sampling.temperature,
            o.sampling.top_p,
            self.minutes,
        )
    }

    fn write_adherence(&self, out: &mut String) -> fmt::Result {
        writeln!(
            out,
            "\n1. Heard as its composer ({} composers; share ± standard error)",
            self.composers.len()
        )?;
        writeln!(
            out,
            "{:<34} {:>5}  {:<15} {:<15} {:<15} named entropy",
            "", "n", "top-1", "balanced", "top-3"
        )?;
        let mut row = |name: &str, a: &Adherence| {
            writeln!(
                out,
                "{name:<34} {:>5}  {:<15} {:<15} {:<15} {:.2}",
                a.segments,
                a.top1.to_string(),
                a.balanced.to_string(),
                a.top3.to_string(),
                a.named_entropy
            )
        };
        self.adherence.iter().try_for_each(|r| row(&r.name, &r.all))?;
        self.adherence.iter().try_for_each(|r| row(&format!("  original: {}", r.name), &r.original))?;
        if !self.too_little_music.is_empty() {
            writeln!(
                out,
                "Of the original twelve, {} have too little music in the corpus to be learned or measured.",
                self.too_little_music.join(" and ")
            )?;
        }
        Ok(())
    }

    fn write_composers(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "\n   by composer, judge: share heard as its own")?;
        write!(out, "{:<16}", "")?;
        for row in &self.adherence {
            write!(out, " {:>22}", row.name)?;
        }
        writeln!(out, "   takes most often heard as")?;
        for (k, name) in self.composers.iter().enumerate() {
            write!(out, "{name:<16}")?;
            for row in &self.adherence {
                let recall = row.all.recall.get(k).copied().flatten();
                write!(out, " {:>22}", recall.map_or("–".to_owned(), |r| format!("{r:.2}")))?;
            }
            let mut named: Vec<(usize, f64)> =
                self.first_takes().all.confusion.get(k).into_iter().flatten().copied().enumerate().collect();
            named.sort_by(|a, b| b.1.total_cmp(&a.1));
            let most = named.iter().take(3).filter(|(_, share)| *share > 0.0);
            let most: Vec<String> =
                most.map(|(i, share)| format!("{} {:.0} %", self.composers[*i], share * 100.0)).collect();
            writeln!(out, "   {}", most.join(", "))?;
        }
        Ok(())
    }

    fn write_latent(&self, out: &mut String) -> fmt::Result {
        let l = &self.latent;
        let v = &l.validation;
        let fields = v.nll_fields.map(|n| format!("{n:.2}")).join(" ");
        writeln!(out, "\n2. Label and latent at work")?;
        writeln!(
            out,
            "validation NLL {:.3} nats per note (pitch, velocity, duration, pedal, gap: {fields})",
            v.nll
        )?;
        writeln!(
            out,
            "shuffled z +{:.3}, wrong label +{:.3} nats per note",
            v.shuffled_z_gap, v.wrong_label_gap
        )?;
        writeln!(out, "KL {:.1} nats per segment over {} active dimensions", v.kl_nats, v.active_dims)?;
        writeln!(
            out,
            "nearest component: {:.3} of validation segments, {:.3} of {} held-out works ({:.3} balanced)",
            v.nearest_component, l.nearest_component_works, l.held_out_works, l.nearest_component_balanced
        )?;
        writeln!(
            out,
            "silhouette of label-free posterior means: segments of training works {:.3}, of held-out works {:.3}; whole works {:.3}, {:.3}",
            l.silhouette_training,
            l.silhouette_held_out,
            l.silhouette_training_works,
            l.silhouette_held_out_works
        )?;
        let [first, second] = l.principal_shares.map(|share| share * 100.0);
        writeln!(out, "principal components: {first:.0} % and {second:.0} % of their variance")?;
        writeln!(
            out,
            "one latent with every label ({} takes): heard as the label {:.2}, as the latent's composer {:.2}",
            l.swap.takes, l.swap.heard_as_label, l.swap.heard_as_source
        )
    }

    fn write_nll(&self, out: &mut String) -> fmt::Result {
        let Some(fields) = self.nll_fields else { return Ok(()) };
        let by_field: Vec<String> =
            Field::ALL.iter().zip(fields).map(|(field, nll)| format!("{} {nll:.3}", field.name())).collect();
        let nll: f64 = fields.iter().sum();
        writeln!(out, "held-out windows: {nll:.3} nats per note ({})", by_field.join(", "))
    }

    fn write_likeness(&self, out: &mut String) -> fmt::Result {
        let l = &self.likeness;
        writeln!(out, "\n3. Likeness to real music of the same composer")?;
        writeln!(out, "{:<14} {:>8} {:>10} {:>8} {:>10}", "", "overlap", "real", "KL", "real")?;
        for d in &l.distributions {
            writeln!(
                out,
                "{:<14} {:>8.3} {:>10.3} {:>8.3} {:>10.3}",
                d.name, d.overlap, d.real_overlap, d.divergence, d.real_divergence
            )?;
        }
        writeln!(
            out,
            "Fréchet distance on judge features {:.3}, real halves {:.3}",
            l.frechet, l.real_frechet
        )?;
        let mut cosine = |name: &str, own: RelativeCosine, real: RelativeCosine| {
            writeln!(
                out,
                "cosine on {name}: same composer {:.3} (real {:.3}), less the others {:.3} (real {:.3})",
                own.same, real.same, own.relative, real.relative
            )
        };
        cosine("token histograms", l.histograms, l.real_histograms)?;
        cosine("judge features", l.features, l.real_features)?;
        for r in &l.out_of_range {
            writeln!(
                out,
                "{:<14} outside real p5–p95: {:.3} (held-out real {:.3}); mean {:.3} (real {:.3})",
                r.name, r.generated, r.real, r.generated_mean, r.real_mean
            )?;
        }
        Ok(())
    }

    fn write_copied(&self, out: &mut String) -> fmt::Result {
        writeln!(out, "\n4. Not copied: share of note sequences that the training music has, in any key")?;
        for (name, c) in [("takes", &self.copied), ("unseen real works", &self.unseen_works)] {
            let shares: Vec<String> =
                LENGTHS.iter().zip(c.shares).map(|(n, s)| format!("{n} notes {:.2} %", s * 100.0)).collect();
            writeln!(
                out,
                "{name:<18} {}; longest {:.1} notes on average, {} at most ({})",
                shares.join(", "),
                c.longest_mean,
                c.longest,
                c.longest_in.as_deref().unwrap_or("none")
            )?;
        }
        Ok(())
    }

    fn write_cost(&self, out: &mut String) -> fmt::Result {
        let c = &self.cost;
        writeln!(out, "\n5. Cost ({}, {:.1} M parameters)", c.device, c.parameters as f64 / 1e6)?;
        writeln!(
            out,
            "{:.1} ms per note, {:.0} notes/s ({:.0} without guidance), first note after {:.0} ms, {:.0} notes/s in batches{}",
            c.ms_per_note,
            c.notes_per_sec,
            c.unguided_notes_per_sec,
            c.first_note_ms,
            c.batch_notes_per_sec,
            c.peak_memory_mb.map_or(String::new(), |m| format!(", peak memory of the evaluation {m:.0} MB"))
        )
    }

    fn write_gates(&self, out: &mut String) -> fmt::Result {
        write!(out, "\n{}", GateTable(&self.gates))?;
        if let Some(memory) = &self.memory {
            write!(out, "\n{}", GateTable(&memory.gates))?;
        }
        if !self.lost.is_empty() {
            writeln!(out, "under half their real recall: {}", self.lost.join(", "))?;
        }
        Ok(())
    }
}
