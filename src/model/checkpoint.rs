//! Checkpoint files: a trained network and its description.
//!
//! A checkpoint is a safetensors file: every variable under its path, in single or half precision, and in the header
//! a JSON description with the architecture, the composers and the state of training. Other parts of a model (the
//! fitted posteriors, the latent map) are further tensors.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tch::{Device, Kind, Tensor, no_grad};

use super::{ModelConfig, ModelError, Tilt, Vae};
use crate::files;
use crate::music::ComposerSet;
use crate::tokens::Field;

/// Incremented when the meaning of a variable or token changes.
pub(crate) const FORMAT: u32 = 2;
const HEADER_KEY: &str = "pastiche";
/// Larger files are not checkpoints of this program.
const MAX_BYTES: u64 = 4 << 30;

/// What the network was trained on, and for how long.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrainedOn {
    pub source: String,
    pub licence: String,
    pub step: u64,
    pub notes_seen: u64,
    /// Best validation NLL in nats per note.
    pub best_nll: Option<f64>,
    /// Fingerprint of the corpus file.
    pub corpus: String,
}

/// The description in a checkpoint's header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckpointHeader {
    pub format: u32,
    /// Sizes of the token fields.
    pub vocabulary: Vec<usize>,
    pub config: ModelConfig,
    /// The composers that the network was trained with.
    pub composers: ComposerSet,
    /// The composers that were added later; see [`super::RareLabels`].
    #[serde(default, skip_serializing_if = "ComposerSet::is_empty")]
    pub rare: ComposerSet,
    pub trained_on: TrainedOn,
    /// Notes per second in the training music of each composer, the added ones last; empty in files of versions that
    /// did not count them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes_per_sec: Vec<f32>,
    /// Per composer, as above: the share of patterns of four intervals that were heard within the 256 notes before
    /// them, the mean of the training pieces, 0–1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repetition: Vec<f32>,
    /// Per composer that the network was trained with: what its takes are corrected by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tilts: Vec<Tilt>,
    /// Titles for the extra tensors, such as the pieces of the latent map.
    #[serde(default)]
    pub notes: HashMap<String, Vec<String>>,
}

impl CheckpointHeader {
    pub fn new(config: &ModelConfig, composers: &ComposerSet, trained_on: TrainedOn) -> CheckpointHeader {
        CheckpointHeader {
            format: FORMAT,
            vocabulary: vocabulary(),
            config: config.clone(),
            composers: composers.clone(),
            rare: ComposerSet::default(),
            trained_on,
            notes_per_sec: Vec::new(),
            repetition: Vec::new(),
            tilts: Vec::new(),
            notes: HashMap::new(),
        }
    }
}

/// Why a checkpoint cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    #[error("the checkpoint cannot be read: {}", .path.display())]
    Read { source: std::io::Error, path: PathBuf },
    #[error("the checkpoint cannot be written: {}", .path.display())]
    Write { source: std::io::Error, path: PathBuf },
    #[error("this is not a Pastiche checkpoint, or it is damaged ({what}): {}", .path.display())]
    Damaged { what: String, path: PathBuf },
    #[error("the checkpoint was made for another version of Pastiche ({what}): {}", .path.display())]
    OtherVersion { what: String, path: PathBuf },
    #[error("this checkpoint is a {found}, not a {expected}; choose another file: {}", .path.display())]
    OtherKind { found: String, expected: &'static str, path: PathBuf },
    #[error("the checkpoint does not fit its own description ({what}): {}", .path.display())]
    Mismatch { what: String, path: PathBuf },
    #[error("the checkpoint holds values that are not numbers, in {tensor}: {}", .path.display())]
    NotFinite { tensor: String, path: PathBuf },
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// A checkpoint in memory: header, all tensors on the CPU in single precision, and a short fingerprint.
#[derive(Debug)]
pub struct Checkpoint {
    pub path: PathBuf,
    pub header: CheckpointHeader,
    pub tensors: HashMap<String, Tensor>,
    /// The first 12 hexadecimal digits of the file's SHA-256.
    pub hash: String,
}

/// Short fingerprint of some bytes.
pub fn fingerprint(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(6).map(|b| format!("{b:02x}")).collect()
}

/// The description in a checkpoint's header.
pub(crate) const VAE_KIND: &str = "composing model";

/// Writes `tensors` with `header`. `half`: floats in half precision.
///
/// # Errors
/// [`CheckpointError::Write`]; the file at `path` is then unchanged.
pub fn save(
    path: &Path,
    header: &CheckpointHeader,
    tensors: &HashMap<String, Tensor>,
    half: bool,
) -> Result<(), CheckpointError> {
    write_file(path, header, tensors, half)
}

/// [`save`] with the header of any kind of network.
pub(crate) fn write_file(
    path: &Path,
    header: &impl Serialize,
    tensors: &HashMap<String, Tensor>,
    half: bool,
) -> Result<(), CheckpointError> {
    let write = |source: std::io::Error| CheckpointError::Write { source, path: path.to_owned() };
    let mut parts: Vec<(String, Vec<usize>, Dtype, Vec<u8>)> = Vec::with_capacity(tensors.len());
    let mut names: Vec<&String> = tensors.keys().collect();
    names.sort();
    for name in names {
        let (dtype, kind) = match (tensors[name].kind(), half) {
            (Kind::Int64, _) => (Dtype::I64, Kind::Int64),
            (_, true) => (Dtype::F16, Kind::Half),
            (_, false) => (Dtype::F32, Kind::Float),
        };
        let tensor = no_grad(|| tensors[name].detach().to_device(Device::Cpu).to_kind(kind).contiguous());
        let shape = tensor.size().iter().map(|&n| n as usize).collect();
        let mut bytes = vec![0u8; tensor.numel() * kind.elt_size_in_bytes()];
        tensor.f_copy_data_u8(&mut bytes, tensor.numel()).map_err(ModelError::from)?;
        parts.push((name.clone(), shape, dtype, bytes));
    }
    let mut views = Vec::with_capacity(parts.len());
    for (name, shape, dtype, bytes) in &parts {
        let view =
            TensorView::new(*dtype, shape.clone(), bytes).map_err(|e| write(std::io::Error::other(e)))?;
        views.push((name.as_str(), view));
    }
    let described = serde_json::to_string(header).map_err(|e| write(e.into()))?;
    let metadata = HashMap::from([(HEADER_KEY.to_owned(), described)]);
    let bytes = safetensors::serialize(views, Some(metadata)).map_err(|e| write(std::io::Error::other(e)))?;
    files::write_whole(path, &bytes).map_err(write)
}

/// A file of tensors with a description, for any kind of network.
pub(crate) struct RawFile<H> {
    pub header: H,
    pub tensors: HashMap<String, Tensor>,
    pub hash: String,
}

/// The part of every header that says which kind of network it is; absent for the composing model.
#[derive(Deserialize)]
struct KindOnly {
    kind: Option<String>,
}

/// Reads a file of the kind `expected` and checks that all values are finite.
///
/// # Errors
/// Any [`CheckpointError`] but `Write`; `check` validates the header.
pub(crate) fn read_file<H: serde::de::DeserializeOwned>(
    path: &Path,
    expected: &[&'static str],
    check: impl Fn(&H) -> Result<(), CheckpointError>,
) -> Result<RawFile<H>, CheckpointError> {
    let read = |source| CheckpointError::Read { source, path: path.to_owned() };
    let damaged = |what: String| CheckpointError::Damaged { what, path: path.to_owned() };
    if std::fs::metadata(path).map_err(read)?.len() > MAX_BYTES {
        return Err(damaged("it is larger than any checkpoint".into()));
    }
    let bytes = std::fs::read(path).map_err(read)?;
    let file = SafeTensors::deserialize(&bytes).map_err(|e| damaged(e.to_string()))?;
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|e| damaged(e.to_string()))?;
    let described = metadata
        .metadata()
        .as_ref()
        .and_then(|m| m.get(HEADER_KEY))
        .ok_or_else(|| damaged("it has no description".into()))?;
    let KindOnly { kind } = serde_json::from_str(described).map_err(|e| damaged(e.to_string()))?;
    let found = kind.unwrap_or_else(|| VAE_KIND.to_owned());
    if !expected.contains(&found.as_str()) {
        let expected = expected.first().copied().unwrap_or(VAE_KIND);
        return Err(CheckpointError::OtherKind { found, expected, path: path.to_owned() });
    }
    let header: H = serde_json::from_str(described).map_err(|e| damaged(e.to_string()))?;
    check(&header)?;
    let mut tensors = HashMap::new();
    for (name, view) in file.tensors() {
        let tensor = to_tensor(&view).map_err(|e| damaged(format!("{name}: {e}")))?;
        if tensor.isfinite().all().int64_value(&[]) == 0 {
            return Err(CheckpointError::NotFinite { tensor: name, path: path.to_owned() });
        }
        tensors.insert(name, tensor);
    }
    Ok(RawFile { header, tensors, hash: fingerprint(&bytes) })
}

/// Variables that older networks, without hints, lack. They start at zero, so such networks work as before.
const OF_HINTS: [&str; 4] = [".hint_table", ".outcome_table", ".gate", ".gate_table"];

/// Copies the tensors of a file into the variables of the same name.
///
/// # Errors
/// [`CheckpointError::Mismatch`]; nothing is copied then.
pub(crate) fn fill_variables(
    vs: &tch::nn::VarStore,
    tensors: &HashMap<String, Tensor>,
    path: &Path,
) -> Result<(), CheckpointError> {
    let mismatch = |what| CheckpointError::Mismatch { what, path: path.to_owned() };
    let variables = vs.variables();
    for (name, variable) in &variables {
        match tensors.get(name) {
            None if OF_HINTS.iter().any(|end| name.ends_with(end)) => {}
            None => return Err(mismatch(format!("{name} is missing"))),
            Some(t) if t.size() != variable.size() => {
                return Err(mismatch(format!(
                    "{name} is {}, expected {}",
                    in_words(&t.size()),
                    in_words(&variable.size())
                )));
            }
            Some(_) => {}
        }
    }
    no_grad(|| {
        for (name, mut variable) in variables {
            if let Some(tensor) = tensors.get(&name) {
                variable.copy_(tensor);
            }
        }
    });
    Ok(())
}

/// The shape of a tensor, as "192 × 768".
fn in_words(size: &[i64]) -> String {
    match size {
        [] => "a single number".to_owned(),
        size => size.iter().map(i64::to_string).collect::<Vec<_>>().join(" × "),
    }
}

impl Checkpoint {
    /// Reads a whole checkpoint and checks that all values are finite.
    ///
    /// # Errors
    /// Any [`CheckpointError`] but `Write`.
    pub fn read(path: &Path) -> Result<Checkpoint, CheckpointError> {
        let file = read_file(path, &[VAE_KIND], |header: &CheckpointHeader| {
            check_version(header, path)?;
            Ok(header.config.validate()?)
        })?;
        Ok(Checkpoint { path: path.to_owned(), header: file.header, tensors: file.tensors, hash: file.hash })
    }

    /// Builds the network on `device` and fills in its variables.
    ///
    /// # Errors
    /// [`CheckpointError::Mismatch`] names the first variable that is missing or of another shape.
    pub fn vae(&self, device: Device) -> Result<Vae, CheckpointError> {
        let vae = Vae::new(&self.header.config, device)?;
        self.fill(&vae.vs)?;
        Ok(vae)
    }

    /// Copies the tensors of the file into the variables of the same name.
    ///
    /// # Errors
    /// [`CheckpointError::Mismatch`]; nothing is copied then.
    pub fn fill(&self, vs: &tch::nn::VarStore) -> Result<(), CheckpointError> {
        fill_variables(vs, &self.tensors, &self.path)
    }
}

/// The sizes of the token fields, as headers state them.
pub(crate) fn vocabulary() -> Vec<usize> {
    Field::ALL.iter().map(|f| f.size()).collect()
}

/// Says what differs if a header has another format or other tokens.
pub(crate) fn check_vocabulary(format: u32, found: &[usize]) -> Result<(), String> {
    if format != FORMAT {
        return Err(format!("format {format}, expected {FORMAT}"));
    }
    if found == vocabulary() {
        Ok(())
    } else {
        let words = |sizes: &[usize]| sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        Err(format!("token fields with {} values, expected {}", words(found), words(&vocabulary())))
    }
}

fn check_version(header: &CheckpointHeader, path: &Path) -> Result<(), CheckpointError> {
    let other = |what: String| Err(CheckpointError::OtherVersion { what, path: path.to_owned() });
    check_vocabulary(header.format, &header.vocabulary).or_else(other)?;
    if header.composers.len() != header.config.n_composers {
        return Err(CheckpointError::Mismatch {
            what: format!(
                "{} composers named, {} in the network",
                header.composers.len(),
                header.config.n_composers
            ),
            path: path.to_owned(),
        });
    }
    Ok(())
}

fn to_tensor(view: &TensorView) -> Result<Tensor, String> {
    let kind = match view.dtype() {
        Dtype::F32 => Kind::Float,
        Dtype::F16 => Kind::Half,
        Dtype::BF16 => Kind::BFloat16,
        Dtype::I64 => Kind::Int64,
        other => return Err(format!("numbers of kind {other:?}")),
    };
    let shape: Vec<i64> = view.shape().iter().map(|&n| n as i64).collect();
    let tensor = Tensor::f_from_data_size(view.data(), &shape, kind).map_err(|e| e.to_string())?;
    Ok(if kind == Kind::Int64 { tensor } else { tensor.to_kind(Kind::Float) })
}
