//! Other programs read what a run writes: TensorBoard its log, Python's safetensors its models.

mod common;

use std::path::Path;
use std::process::Command;

use common::network::small_config;
use common::run::write_corpus;
use pastiche::device::DeviceChoice;
use pastiche::model::Checkpoint;
use pastiche::progress::StopFlag;
use pastiche::train::{Row, RunPlan, RunWatch, StepMetrics, TrainConfig, ValidMetrics, train};

fn trained(folder: &Path) -> std::path::PathBuf {
    let run_dir = folder.join("run");
    let config = TrainConfig {
        max_steps: Some(20),
        batch_size: 4,
        heard_windows: 2,
        validate_every: 10,
        threads: 1,
        model: small_config(2, 32),
        ..TrainConfig::default()
    };
    let plan = RunPlan {
        corpus: write_corpus(folder, 300),
        run_dir: run_dir.clone(),
        config,
        device: DeviceChoice::Cpu,
        resume: false,
    };
    train(plan, &StopFlag::new(), &mut |_| {}).unwrap();
    run_dir
}

/// Runs a script with one argument, and reads the JSON that it prints.
fn python(script: &str, argument: &Path) -> serde_json::Value {
    let output = Command::new("python3").args(["-c", script]).arg(argument).output().expect("Python 3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
#[ignore = "Python with the packages tensorboard and safetensors"]
fn python_reads_the_tensorboard_log() {
    let folder = tempfile::tempdir().unwrap();
    let run = trained(folder.path());
    let script = "import json, sys\n\
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator\n\
        log = EventAccumulator(sys.argv[1]).Reload()\n\
        print(json.dumps({t: [(e.step, e.value) for e in log.Scalars(t)] for t in log.Tags()['scalars']}))";
    let read = python(script, &run);
    let look = RunWatch::new(&run).look();
    assert_eq!((look.steps.len(), look.validations.len()), (2, 2));
    let check = |tag: String, rows: Vec<(u64, f64)>| {
        let rows: Vec<(u64, f64)> = rows.into_iter().filter(|(_, value)| value.is_finite()).collect();
        let read = read[&tag].as_array().unwrap_or_else(|| panic!("no {tag}"));
        assert_eq!(read.len(), rows.len(), "{tag}");
        for (read, (step, value)) in read.iter().zip(rows) {
            assert_eq!(read[0].as_u64(), Some(step));
            // The text of the log has fewer digits.
            let tolerance = 1e-4 * value.abs().max(1.0) + 0.5 * f64::from(u8::from(value.abs() > 50.0));
            assert!((read[1].as_f64().unwrap() - value).abs() <= tolerance, "{tag}: {read} {value}");
        }
    };
    for column in StepMetrics::COLUMNS.iter().skip(1) {
        let rows = look.steps.iter().map(|m| (m.step, (column.get)(m))).collect();
        if column.name != "elapsed_secs" && column.name != "eta_secs" {
            check(format!("training/{}", column.name), rows);
        }
    }
    for column in ValidMetrics::COLUMNS.iter().skip(1) {
        let rows = look.validations.iter().map(|m| (m.step, (column.get)(m))).collect();
        if column.name != "kl_nats" && column.name != "nearest_component" {
            check(format!("validation/{}", column.name), rows);
        }
    }
}

#[test]
#[ignore = "Python with the packages tensorboard and safetensors"]
fn python_reads_the_models() {
    let folder = tempfile::tempdir().unwrap();
    let best = trained(folder.path()).join("best.safetensors");
    let script = "import json, sys\n\
        from safetensors import safe_open\n\
        file = safe_open(sys.argv[1], 'np')\n\
        tensors = {n: [list(file.get_tensor(n).shape), float(file.get_tensor(n).astype('float64').sum())] for n in file.keys()}\n\
        print(json.dumps({'tensors': tensors, 'header': json.loads(file.metadata()['pastiche'])}))";
    let read = python(script, &best);
    let own = Checkpoint::read(&best).unwrap();
    assert_eq!(read["header"]["trained_on"]["step"].as_u64(), Some(own.header.trained_on.step));
    let tensors = read["tensors"].as_object().unwrap();
    assert_eq!(tensors.len(), own.tensors.len());
    for (name, tensor) in &own.tensors {
        let shape: Vec<i64> =
            tensors[name][0].as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).collect();
        assert_eq!(shape, tensor.size(), "{name}");
        let sum = tensor.to_kind(tch::Kind::Double).sum(tch::Kind::Double).double_value(&[]);
        assert!((tensors[name][1].as_f64().unwrap() - sum).abs() <= 1e-6 * (1.0 + sum.abs()), "{name}");
    }
}
