//! `--quality`.

use anyhow::{Context, bail};
use clap::Args;
use pastiche::generate::{Generator, Quality};

/// Larger steps leave the music that the network knows.
const MOST: f32 = 3.0;

#[derive(Args, Debug)]
pub struct QualityArgs {
    /// More of a quality, such as denser=+1, in standard deviations; can be given several times. What a checkpoint
    /// offers is in its .qualities.json, which `pastiche qualities` makes
    #[arg(long = "quality", value_name = "NAME=AMOUNT", value_delimiter = ',')]
    all: Vec<String>,
}

impl QualityArgs {
    /// The qualities that were asked for.
    pub fn of(&self, generator: &Generator) -> anyhow::Result<Vec<(Quality, f32)>> {
        self.all.iter().map(|text| quality(text, generator)).collect()
    }
}

fn quality(text: &str, generator: &Generator) -> anyhow::Result<(Quality, f32)> {
    let (name, amount) = parse(text)?;
    let offered = &generator.info().qualities;
    let Some((quality, sign)) = Quality::of_pole(name).filter(|(quality, _)| offered.contains(quality))
    else {
        let names: Vec<&str> = offered.iter().flat_map(|quality| quality.poles()).collect();
        if names.is_empty() {
            bail!("this checkpoint offers no qualities; `pastiche qualities` looks for some");
        }
        bail!("this checkpoint does not offer {name}; it offers {}", names.join(", "));
    };
    Ok((quality, sign * amount))
}

/// `denser=+1`; a name alone is 1.
fn parse(text: &str) -> anyhow::Result<(&str, f32)> {
    let (name, amount) = text.split_once('=').unwrap_or((text, "1"));
    let amount: f32 =
        amount.trim().parse().with_context(|| format!("an amount is a number, as in denser=+1: {text}"))?;
    if !(-MOST..=MOST).contains(&amount) {
        bail!("an amount is a number from -{MOST} to {MOST}: {text}");
    }
    Ok((name.trim(), amount))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read() {
        assert_eq!(parse("denser=+1.5").unwrap(), ("denser", 1.5));
        assert_eq!(parse("minor").unwrap(), ("minor", 1.0));
        assert_eq!(parse(" louder = -2").unwrap(), ("louder", -2.0));
        for bad in ["denser=", "denser=x", "denser=9", "denser=nan"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
