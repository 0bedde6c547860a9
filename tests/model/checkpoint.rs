//! Checkpoint files.

use pastiche::model::checkpoint::{self, Checkpoint, CheckpointError, CheckpointHeader, TrainedOn};
use pastiche::music::ComposerSet;
use tch::{Kind, Tensor, no_grad};

use super::{CPU, config, largest, model, trunk, window};

#[test]
fn a_checkpoint_without_hints_works_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.safetensors");
    let config = config();
    let vae = model(&config);
    let composers = ComposerSet::new(["A Bach", "B Chopin", "C Liszt"].map(str::to_owned));
    let header = CheckpointHeader::new(&config, &composers, TrainedOn::default());
    let mut tensors = vae.vs.variables();
    tensors.retain(|name, _| {
        !name.contains("hint_table") && !name.contains("outcome") && !name.contains("gate")
    });
    checkpoint::save(&path, &header, &tensors, false).unwrap();
    let old = Checkpoint::read(&path).unwrap().vae(CPU).unwrap();
    let (with, mut without) = (window(1, &config), window(1, &config));
    without.hints.clear();
    no_grad(|| {
        assert_eq!(largest(&(trunk(&old, &[with]) - trunk(&old, &[without]))), 0.0);
    });
}

#[test]
fn a_checkpoint_survives_a_file_and_errors_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let config = config();
    let vae = model(&config);
    let composers = ComposerSet::new(["A Bach", "B Chopin", "C Liszt"].map(str::to_owned));
    let header = CheckpointHeader::new(&config, &composers, TrainedOn { step: 5, ..TrainedOn::default() });
    checkpoint::save(&path, &header, &vae.vs.variables(), false).unwrap();

    let read = Checkpoint::read(&path).unwrap();
    assert_eq!(read.header, header);
    let again = read.vae(CPU).unwrap();
    no_grad(|| {
        let windows = [window(4, &config)];
        assert_eq!(largest(&(trunk(&vae, &windows) - trunk(&again, &windows))), 0.0);
    });

    let error =
        |path: &std::path::Path| Checkpoint::read(path).and_then(|c| c.vae(CPU).map(|_| ())).unwrap_err();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(matches!(error(&path), CheckpointError::Damaged { .. }));
    std::fs::write(&path, b"not a checkpoint at all").unwrap();
    assert!(matches!(error(&path), CheckpointError::Damaged { .. }));
    assert!(matches!(error(&folder.path().join("none")), CheckpointError::Read { .. }));

    let mut tensors = vae.vs.variables();
    tensors.remove("decoder.table");
    checkpoint::save(&path, &header, &tensors, false).unwrap();
    assert!(error(&path).to_string().contains("decoder.table is missing"));

    let mut tensors = vae.vs.variables();
    tensors.insert("decoder.no_z".to_owned(), Tensor::full([1, 8], f64::NAN, (Kind::Float, CPU)));
    checkpoint::save(&path, &header, &tensors, false).unwrap();
    assert!(matches!(error(&path), CheckpointError::NotFinite { tensor, .. } if tensor == "decoder.no_z"));

    let mut other = header.clone();
    other.vocabulary[0] += 1;
    checkpoint::save(&path, &other, &vae.vs.variables(), false).unwrap();
    assert!(matches!(error(&path), CheckpointError::OtherVersion { .. }));
    let mut other = header.clone();
    other.composers = ComposerSet::new(["A Bach".to_owned()]);
    checkpoint::save(&path, &other, &vae.vs.variables(), false).unwrap();
    assert!(matches!(error(&path), CheckpointError::Mismatch { .. }));
}
