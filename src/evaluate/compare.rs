//! Several models that were measured alike, side by side.

use std::fmt::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{AdherenceRow, Measured, Report, ReportError};
use crate::tokens::Field;

/// A model and its report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// The name of its file, or of its run where the file is called `best`.
    pub name: String,
    pub report: Report,
}

/// The reports of several models.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    pub variants: Vec<Variant>,
}

/// What a comparison shows of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    pub name: String,
    /// Shares of takes named right by the judge.
    pub top1: Measured,
    pub top3: Measured,
    /// Likeness to the same composer less that to the others: token histograms, and features of the judge.
    pub histogram_cosine: f64,
    pub feature_cosine: f64,
    /// Of the posterior means of held-out segments; `None` for real music, which has no latents.
    pub silhouette: Option<f64>,
    /// Nats per note of held-out windows, by field; `None` where it was not measured.
    pub nll_fields: Option<[f64; 5]>,
}

/// The name of a model: that of its file, or of its run's folder for the file that every run has.
pub fn variant_name(checkpoint: &Path) -> String {
    let stem = crate::display::stem(checkpoint);
    let folder = checkpoint.parent().and_then(Path::file_name);
    match folder {
        Some(folder) if stem == "best" || stem == "last" => folder.to_string_lossy().into_owned(),
        _ => stem,
    }
}

impl Comparison {
    /// Real held-out music as the judge of the first model names it: what a model could reach.
    pub fn ceiling(&self) -> Option<&AdherenceRow> {
        self.variants.first().map(|variant| variant.report.ceiling())
    }

    /// Real music first, then the models.
    pub fn figures(&self) -> Vec<Figures> {
        let real = self.variants.first().map(|variant| {
            let (row, likeness) = (variant.report.ceiling(), &variant.report.likeness);
            Figures {
                name: row.name.clone(),
                top1: row.all.top1,
                top3: row.all.top3,
                histogram_cosine: likeness.real_histograms.relative,
                feature_cosine: likeness.real_features.relative,
                silhouette: None,
                nll_fields: None,
            }
        });
        let models = self.variants.iter().map(|Variant { name, report }| {
            let row = report.first_takes();
            Figures {
                name: name.clone(),
                top1: row.all.top1,
                top3: row.all.top3,
                histogram_cosine: report.likeness.histograms.relative,
                feature_cosine: report.likeness.features.relative,
                silhouette: Some(report.latent.silhouette_held_out),
                nll_fields: report.nll_fields,
            }
        });
        real.into_iter().chain(models).collect()
    }

    /// One row for each model, and one for real music.
    pub fn to_csv(&self) -> String {
        let fields = Field::ALL.map(|field| format!("nll_{}", field.name())).join(",");
        let mut out = format!(
            "model,top1,top1_error,top3,top3_error,histogram_cosine,feature_cosine,silhouette,nll,{fields}\n"
        );
        for f in self.figures() {
            let name = format!("\"{}\"", f.name.replace('"', "\"\""));
            let number = |value: Option<f64>| value.map_or(String::new(), |value| format!("{value:.4}"));
            let mut cells = vec![name];
            let measured = [f.top1.value, f.top1.error, f.top3.value, f.top3.error];
            cells.extend(measured.map(|value| number(Some(value))));
            cells.extend([f.histogram_cosine, f.feature_cosine].map(|value| number(Some(value))));
            cells.push(number(f.silhouette));
            cells.push(number(f.nll_fields.map(|fields| fields.iter().sum())));
            cells.extend((0..5).map(|field| number(f.nll_fields.map(|fields| fields[field]))));
            out += &cells.join(",");
            out.push('\n');
        }
        out
    }

    /// Reads a comparison, or a single report as one.
    ///
    /// # Errors
    /// See [`ReportError`].
    pub fn read(path: &Path) -> Result<Comparison, ReportError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ReportError::Read { source, path: path.to_owned() })?;
        let Ok(comparison) = serde_json::from_str::<Comparison>(&text) else {
            let name = crate::display::stem(path).trim_end_matches(".evaluation").to_owned();
            return Ok(Comparison { variants: vec![Variant { name, report: Report::parse(&text)? }] });
        };
        if comparison.variants.is_empty() || comparison.variants.iter().any(|v| !v.report.is_whole()) {
            return Err(ReportError::Content { what: "real music or takes were not measured".to_owned() });
        }
        Ok(comparison)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        write!(
            out,
            "{:<24} {:<15} {:<15} {:>9} {:>9} {:>10} {:>7}",
            "", "top-1", "top-3", "histograms", "features", "silhouette", "NLL"
        )?;
        for field in Field::ALL {
            write!(out, " {:>8}", field.name())?;
        }
        out.push('\n');
        let number = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.3}"));
        for row in self.figures() {
            write!(
                out,
                "{:<24} {:<15} {:<15} {:>9.3} {:>9.3} {:>10} {:>7}",
                row.name,
                row.top1.to_string(),
                row.top3.to_string(),
                row.histogram_cosine,
                row.feature_cosine,
                number(row.silhouette),
                number(row.nll_fields.map(|fields| fields.iter().sum()))
            )?;
            for field in 0..5 {
                write!(out, " {:>8}", number(row.nll_fields.map(|fields| fields[field])))?;
            }
            out.push('\n');
        }
        f.write_str(&out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> Report {
        let checkpoint = Path::new(env!("CARGO_MANIFEST_DIR")).join("checkpoints/pastiche-small.safetensors");
        Report::read(&Report::path_beside(&checkpoint)).unwrap()
    }

    #[test]
    fn a_comparison_is_read_back_and_so_is_a_single_report() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("two.json");
        let mut second = shipped();
        second.nll_fields = Some([3.0, 2.0, 1.5, 0.5, 2.25]);
        let variant = |name: &str, report| Variant { name: name.to_owned(), report };
        let two = Comparison { variants: vec![variant("a", shipped()), variant("b", second)] };
        std::fs::write(&path, serde_json::to_string(&two).unwrap()).unwrap();
        let read = Comparison::read(&path).unwrap();
        let names: Vec<String> = read.figures().into_iter().map(|f| f.name).collect();
        assert_eq!(names, ["real held-out", "a", "b"]);
        let csv = read.to_csv();
        let last = csv.lines().last().unwrap();
        assert!(
            last.starts_with("\"b\",") && last.ends_with(",9.2500,3.0000,2.0000,1.5000,0.5000,2.2500"),
            "{last}"
        );
        assert_eq!(csv.lines().next().unwrap().split(',').count(), last.split(',').count());
        assert!(read.to_string().contains("real held-out"));

        let one = folder.path().join("small.evaluation.json");
        std::fs::write(&one, serde_json::to_string(&shipped()).unwrap()).unwrap();
        let one = Comparison::read(&one).unwrap();
        assert_eq!((one.variants.len(), one.variants[0].name.as_str()), (1, "small"));
        std::fs::write(&path, "{\"variants\": []}").unwrap();
        assert!(Comparison::read(&path).is_err());
    }

    #[test]
    fn a_model_is_named_after_its_file_or_its_run() {
        assert_eq!(variant_name(Path::new("checkpoints/pastiche-small.safetensors")), "pastiche-small");
        assert_eq!(variant_name(Path::new("runs/no-z/best.safetensors")), "no-z");
    }
}
