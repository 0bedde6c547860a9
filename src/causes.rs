//! Errors as text.

use std::error::Error;

/// The messages of an error and its causes. A cause that the message before it contains already is left out.
pub fn chain(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut words = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !words.iter().any(|said| said.contains(&text)) {
            words.push(text);
        }
        cause = inner.source();
    }
    words
}

/// [`chain`] with each cause on its own line.
pub fn details(error: &(dyn Error + 'static)) -> String {
    chain(error).join("\n… ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read: {source}: a.mid")]
    struct Said {
        source: std::fmt::Error,
    }

    #[derive(Debug, thiserror::Error)]
    #[error("no take was made")]
    struct Unsaid {
        source: Said,
    }

    #[test]
    fn every_cause_is_said_once() {
        let said = Said { source: std::fmt::Error };
        let inner = format!("cannot read: {}: a.mid", std::fmt::Error);
        assert_eq!(chain(&said), std::slice::from_ref(&inner));
        assert_eq!(chain(&Unsaid { source: said }), ["no take was made".to_owned(), inner]);
    }
}
