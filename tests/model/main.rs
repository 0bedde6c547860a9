//! The network does what it is built for: it sees no future, uses its prefix, learns, and decodes the same with and
//! without a cache.

mod checkpoint;

use pastiche::data::{Window, stack};
use pastiche::model::{Batch, Conditioning, Hints, LossWeights, ModelConfig, Posterior, Vae};
use pastiche::tokens::{Field, Hint, NoteToken};
use pastiche::train::{Optimizer, Rates};
use tch::{Device, Kind, Tensor, no_grad};

const CPU: Device = Device::Cpu;

fn config() -> ModelConfig {
    ModelConfig {
        n_composers: 3,
        d_model: 48,
        d_ff: 96,
        n_heads: 3,
        n_layers: 2,
        n_encoder_layers: 1,
        patch_len: 4,
        n_queries: 2,
        d_latent: 8,
        context_len: 32,
    }
}

/// Notes that follow a learnable rule, different for each `seed`.
fn window(seed: usize, config: &ModelConfig) -> Window {
    let notes: Vec<NoteToken> = (0..config.context_len)
        .map(|i| NoteToken {
            pitch: ((seed * 7 + i * (seed % 5 + 1)) % 88) as u8,
            velocity: ((seed + i / 4) % 32) as u8,
            duration: ((seed * 3 + i) % 64) as u8,
            pedal: ((i / (seed % 3 + 2)) % 3) as u8,
            gap: (1 + (seed + i % 3) % 20) as u8,
        })
        .collect();
    // Every third note has a hint, and every other hint is right.
    let hint = |(i, note): (usize, &NoteToken)| {
        let pitch = if i % 6 == 0 { note.pitch } else { (note.pitch + 3) % 88 };
        (i % 3 == 0).then_some(Hint { note: NoteToken { pitch, ..*note }, matched: 3 + i, distance: 1 + i })
    };
    Window {
        hints: notes.iter().enumerate().map(hint).collect(),
        notes,
        start: 10 * seed,
        piece_len: 1000,
        composer: Some(seed % config.n_composers),
    }
}

/// Weights away from their silent initialisation, so that every path carries a signal.
fn model(config: &ModelConfig) -> Vae {
    tch::set_num_threads(1);
    tch::manual_seed(7);
    let vae = Vae::new(config, CPU).unwrap();
    no_grad(|| {
        for mut v in vae.vs.trainable_variables() {
            let _ = v.g_add_(&(v.randn_like() * 0.1));
        }
    });
    vae
}

fn given(batch: &Batch, config: &ModelConfig) -> Conditioning {
    let b = batch.composer.size()[0];
    Conditioning {
        has_z: Tensor::ones([b], (Kind::Float, CPU)),
        label: batch.composer.shallow_clone(),
        sight: config.context_len as i64,
        noise: Tensor::zeros([b, config.d_latent as i64], (Kind::Float, CPU)),
    }
}

fn trunk(vae: &Vae, windows: &[Window]) -> Tensor {
    let batch = stack(windows, &[], &vae.config, CPU, || false);
    let b = windows.len() as i64;
    let z = Tensor::ones([b, vae.config.d_latent as i64], (Kind::Float, CPU));
    let condition = vae.condition(&z, &batch.composer, &Tensor::ones([b], (Kind::Float, CPU)));
    vae.decoder.trunk(&batch.rows, &batch.secs, &batch.hints, &condition, vae.config.context_len as i64)
}

fn largest(t: &Tensor) -> f64 {
    t.abs().max().double_value(&[])
}

#[test]
fn the_decoder_sees_the_past_and_not_the_future() {
    let config = config();
    let vae = model(&config);
    let plain = window(1, &config);
    let mut changed = plain.clone();
    changed.notes[9].pitch = (changed.notes[9].pitch + 11) % 88;
    no_grad(|| {
        let difference = trunk(&vae, &[plain]) - trunk(&vae, &[changed]);
        // Position 9 predicts note 9, so it must not know it; position 10 has it as input.
        assert_eq!(largest(&difference.narrow(1, 0, 10)), 0.0);
        for t in [10, 11, 20, 31] {
            assert!(largest(&difference.narrow(1, t, 1)) > 1e-4, "position {t} ignores note 9");
        }
    });
}

#[test]
fn positions_and_conditions_change_the_prediction() {
    let config = config();
    let vae = model(&config);
    let batch = stack(&[window(1, &config)], &[], &config, CPU, || false);
    let one = |label: i64, z: f64, has_z: f64| {
        let z = Tensor::full([1, 8], z, (Kind::Float, CPU));
        let condition =
            vae.condition(&z, &Tensor::from_slice(&[label]), &Tensor::full([1], has_z, (Kind::Float, CPU)));
        let h = vae.decoder.trunk(
            &batch.rows,
            &batch.secs,
            &batch.hints,
            &condition,
            vae.config.context_len as i64,
        );
        vae.decoder.logits(Field::Pitch, &h, &batch.hints)
    };
    no_grad(|| {
        let base = one(0, 1.0, 1.0);
        assert!(
            largest(&(base.narrow(1, 3, 1) - base.narrow(1, 4, 1))) > 1e-3,
            "every position says the same"
        );
        assert!(largest(&(&base - one(1, 1.0, 1.0))) > 1e-3, "the label is ignored");
        assert!(largest(&(&base - one(0, -1.0, 1.0))) > 1e-3, "z is ignored");
        assert_eq!(largest(&(one(0, 1.0, 0.0) - one(0, -1.0, 0.0))), 0.0, "a withheld z leaks");
    });
}

#[test]
fn a_cache_changes_nothing() {
    let config = config();
    let vae = model(&config);
    let windows = [window(1, &config), window(2, &config)];
    no_grad(|| {
        let whole = trunk(&vae, &windows);
        let batch = stack(&windows, &[], &config, CPU, || false);
        let z = Tensor::ones([2, 8], (Kind::Float, CPU));
        let condition = vae.condition(&z, &batch.composer, &Tensor::ones([2], (Kind::Float, CPU)));
        // From nothing, and from a prompt of half the context, which is how decoding continues when its window slides.
        for prompt in [0, 16] {
            let mut cache = vae.decoder.cache(2, 32, (Kind::Float, CPU));
            let part = |from: i64, n: i64| {
                let narrowed = |t: &Tensor| t.narrow(1, from, n);
                (narrowed(&batch.rows), narrowed(&batch.secs), batch.hints.map(narrowed))
            };
            if prompt > 0 {
                let (rows, secs, hints) = part(0, prompt);
                let out = vae.decoder.extend(&rows, &secs, &hints, &condition, &mut cache);
                assert!(largest(&(out - whole.narrow(1, 0, prompt))) < 1e-4);
            }
            for t in prompt..32 {
                let (rows, secs, hints) = part(t, 1);
                let out = vae.decoder.extend(&rows, &secs, &hints, &condition, &mut cache);
                assert!(
                    largest(&(out - whole.narrow(1, t, 1))) < 1e-4,
                    "position {t} after a prompt of {prompt}"
                );
            }
        }
    });
}

#[test]
fn every_variable_moves_and_every_term_has_a_gradient() {
    let config = config();
    let vae = model(&config);
    let mut windows: Vec<Window> = (0..6).map(|i| window(i, &config)).collect();
    windows[5].composer = None;
    let heard: Vec<Window> = (6..9).map(|i| window(i, &config)).collect();
    let batch = stack(&windows, &heard, &config, CPU, || false);
    let mut given = given(&batch, &config);
    given.noise = Tensor::randn([9, 8], (Kind::Float, CPU));
    given.label = batch.composer.narrow(0, 0, 6);
    given.has_z = Tensor::from_slice(&[1f32, 1.0, 0.0, 1.0, 1.0, 1.0]);

    let gradient_of = |name: &str, term: &Tensor| {
        for mut v in vae.vs.trainable_variables() {
            v.zero_grad();
        }
        term.backward();
        let total: f64 = vae
            .vs
            .trainable_variables()
            .iter()
            .filter(|v| v.grad().defined())
            .map(|v| v.grad().norm().double_value(&[]))
            .sum();
        assert!(total > 0.0, "{name} has no gradient");
    };
    gradient_of("reconstruction", &vae.elbo(&batch, &given).nll());
    gradient_of("KL", &vae.elbo(&batch, &given).kl_nats());
    gradient_of("KL to the mixture", &vae.elbo(&batch, &given).kl_mixture);
    gradient_of("label", &vae.elbo(&batch, &given).label_loss);
    gradient_of("bag", &vae.elbo(&batch, &given).bag_loss);
    for mut v in vae.vs.trainable_variables() {
        v.zero_grad();
    }

    let before: Vec<(String, Tensor)> =
        vae.vs.variables().into_iter().map(|(n, v)| (n, v.copy().detach())).collect();
    let mut optimizer = Optimizer::new(&vae.vs, Kind::Float);
    let weights = LossWeights { kl: 0.5, free_bits_nats: 0.0, label: 0.1, bag: 0.1, segment_len: 32.0 };
    vae.elbo(&batch, &given).loss(&weights).backward();
    let _ = optimizer.step(Rates { muon: 0.02, adam: 0.01 });
    let after = vae.vs.variables();
    for (name, old) in before {
        // The component means are fixed, so that the posteriors are drawn to them.
        let should_move = name != "prior.means";
        assert_eq!(largest(&(&after[&name] - old)) > 0.0, should_move, "{name}");
    }
}

#[test]
fn heads_follow_hints_as_strongly_as_the_pull_says() {
    let config = config();
    let vae = model(&config);
    no_grad(|| {
        for (name, mut v) in vae.vs.variables() {
            match name.rsplit('.').next() {
                Some("gate") => drop(v.zero_()),
                Some("gate_table") => drop(v.fill_(2.0)),
                _ => {}
            }
        }
        let hint = |duration| Hint {
            note: NoteToken { pitch: 40, duration, ..NoteToken::default() },
            matched: 9,
            distance: 30,
        };
        let so_far = Tensor::ones([1, 2, config.d_model as i64], (Kind::Float, CPU));
        let logits = |field, duration, strength: f32| {
            let hints = Hints::new(&[Some(hint(duration)), None], &[strength], 2, CPU);
            vae.decoder.logits(field, &so_far, &hints)
        };
        let added = |field, duration| logits(field, duration, 1.5) - logits(field, duration, 0.0);
        let pitch = added(Field::Pitch, 10);
        assert!((pitch.double_value(&[0, 0, 40]) - 3.0).abs() < 1e-5);
        assert!(
            (pitch.sum(Kind::Float).double_value(&[]) - 3.0).abs() < 1e-4,
            "one key only, and only where there is a hint"
        );
        // A hint for a duration also favours its neighbours; at the edge of the range there is only one.
        for (duration, neighbours) in [(10, 5.0), (0, 3.0), (63, 3.0)] {
            let sum = added(Field::Duration, duration).sum(Kind::Float).double_value(&[]);
            assert!((sum - 3.0 * neighbours).abs() < 1e-3, "{duration}: {sum}");
        }
        // The heads after the pitch know whether the hinted pitch was chosen.
        let hints = Hints::new(&[Some(hint(10)), Some(hint(10))], &[1.0], 2, CPU);
        let hinted =
            vae.decoder.chosen(Field::Pitch, &so_far, &Tensor::from_slice(&[40i64, 40]).view([1, 2]), &hints);
        let other =
            vae.decoder.chosen(Field::Pitch, &so_far, &Tensor::from_slice(&[41i64, 41]).view([1, 2]), &hints);
        let plain = vae.decoder.chosen(
            Field::Pitch,
            &so_far,
            &Tensor::from_slice(&[40i64, 40]).view([1, 2]),
            &Hints::none(1, 2, CPU),
        );
        assert!(largest(&(&hinted - &plain)) > 1e-3 && largest(&(&hinted - &other)) > 1e-3);
    });
}

#[test]
fn eight_segments_are_learned_by_heart() {
    let config = config();
    tch::set_num_threads(1);
    tch::manual_seed(3);
    let vae = Vae::new(&config, CPU).unwrap();
    let windows: Vec<Window> = (0..8).map(|i| window(i, &config)).collect();
    let batch = stack(&windows, &[], &config, CPU, || false);
    let given = given(&batch, &config);
    let mut optimizer = Optimizer::new(&vae.vs, Kind::Float);
    let weights = LossWeights { kl: 0.0, free_bits_nats: 0.5, label: 0.05, bag: 0.1, segment_len: 32.0 };
    let steps = 300;
    let mut nll = f64::INFINITY;
    for step in 0..steps {
        let terms = vae.elbo(&batch, &given);
        nll = terms.nll().double_value(&[]);
        terms.loss(&weights).backward();
        let left = 1.0 - f64::from(step) / f64::from(steps);
        let _ = optimizer.step(Rates { muon: 0.03 * left, adam: 0.006 * left });
    }
    assert!(nll < 1.0, "{nll} nats per note after {steps} steps");
}

#[test]
fn closed_form_kl_agrees_with_monte_carlo() {
    let config = config();
    let vae = model(&config);
    tch::manual_seed(11);
    let q = Posterior {
        mean: Tensor::randn([1, 8], (Kind::Float, CPU)),
        log_variance: Tensor::randn([1, 8], (Kind::Float, CPU)) * 0.5 - 1.0,
    };
    no_grad(|| {
        let closed =
            vae.prior.kl_to_component(&q, &Tensor::from_slice(&[1i64])).sum(Kind::Float).double_value(&[]);
        let n = 60_000;
        let z = q.sample(&Tensor::randn([n, 8], (Kind::Float, CPU)));
        let log_q = ((&z - &q.mean).square() * (-&q.log_variance).exp()
            + &q.log_variance
            + std::f64::consts::TAU.ln())
        .sum_dim_intlist([1i64].as_slice(), false, Kind::Float)
            * -0.5;
        let log_p = vae.prior.log_densities(&z).select(1, 1);
        let sampled = (log_q - log_p).mean(Kind::Float).double_value(&[]);
        assert!((closed - sampled).abs() < 0.02 * closed.abs() + 0.05, "{closed} {sampled}");

        // With a single component, the mixture is that component.
        let alone = Vae::new(&ModelConfig { n_composers: 1, ..config.clone() }, CPU).unwrap();
        let one =
            alone.prior.kl_to_component(&q, &Tensor::from_slice(&[0i64])).sum(Kind::Float).double_value(&[]);
        let estimates = alone.prior.kl_to_mixture(&q, &z).mean(Kind::Float).double_value(&[]);
        assert!((one - estimates).abs() < 0.02 * one.abs() + 0.05, "{one} {estimates}");
    });
}

#[test]
fn segments_for_the_encoder_alone_change_the_latent_and_not_the_notes() {
    let config = config();
    let vae = model(&config);
    let windows: Vec<Window> = (0..3).map(|i| window(i, &config)).collect();
    let terms = |heard: &[Window]| {
        let batch = stack(&windows, heard, &config, CPU, || false);
        let mut given = given(&batch, &config);
        given.label = batch.composer.narrow(0, 0, 3);
        given.has_z = Tensor::ones([3], (Kind::Float, CPU));
        vae.elbo(&batch, &given)
    };
    let (alone, with_more) = (terms(&[]), terms(&[window(7, &config), window(8, &config)]));
    let difference = |a: Tensor, b: Tensor| (a - b).abs().double_value(&[]);
    assert!(difference(alone.nll(), with_more.nll()) < 1e-4);
    assert!(difference(alone.bag_loss, with_more.bag_loss) < 1e-4);
    assert!(difference(alone.label_loss, with_more.label_loss) > 1e-3);
}
