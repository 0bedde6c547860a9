//! Reads evaluation reports.

use std::io;
use std::path::{Path, PathBuf};

use super::report::Report;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    #[error("the report cannot be read ({source}): {}", path.display())]
    Read { source: io::Error, path: PathBuf },
    #[error("this is not an evaluation report ({what}); `pastiche evaluate --out FILE.json` writes one")]
    Content { what: String },
}

impl Report {
    /// The path of a checkpoint's report: beside it, `NAME.evaluation.json`.
    pub fn path_beside(checkpoint: &Path) -> PathBuf {
        checkpoint.with_extension("evaluation.json")
    }

    /// # Errors
    /// See [`ReportError`].
    pub fn read(path: &Path) -> Result<Report, ReportError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ReportError::Read { source, path: path.to_owned() })?;
        Report::parse(&text)
    }

    pub(super) fn parse(text: &str) -> Result<Report, ReportError> {
        let wrong = |what: String| ReportError::Content { what };
        let report: Report = serde_json::from_str(text).map_err(|e| wrong(e.to_string()))?;
        if !report.is_whole() {
            return Err(wrong("real music or takes were not measured".to_owned()));
        }
        Ok(report)
    }

    /// The first row is real music, the second the takes; the window needs both.
    pub(super) fn is_whole(&self) -> bool {
        self.adherence.len() >= 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_beside_the_shipped_checkpoint_is_one_and_other_files_are_refused() {
        let checkpoint = Path::new(env!("CARGO_MANIFEST_DIR")).join("checkpoints/pastiche-small.safetensors");
        let report = Report::read(&Report::path_beside(&checkpoint)).unwrap();
        assert!(report.composers.len() > 10 && !report.gates.is_empty());
        let mut short = report.clone();
        short.adherence.truncate(1);
        assert!(Report::parse(&serde_json::to_string(&short).unwrap()).is_err());
        assert!(Report::parse("{}").is_err() && Report::parse("rubbish").is_err());
        assert!(Report::read(Path::new("/no/such/report.json")).is_err());
    }
}
