//! The form of a take: sections named by letters; a repeated letter brings its theme back.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Maximum number of sections.
pub const MAX_SECTIONS: usize = 32;
/// Minimum number of notes in a section, so that listeners can tell it from the next.
pub const MIN_SECTION_NOTES: usize = 32;
/// Maximum distance of a return from its theme, in semitones.
const MAX_SHIFT: i8 = 12;

/// Why a form is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    #[error(
        "a form is `free`, `rondo`, `variations`, or letters such as ABA; a letter may be followed by ' for a varied return and by +5 or -2 for one in another key; `{0}` is none of these"
    )]
    Unreadable(String),
    #[error("a form has at most {MAX_SECTIONS} sections, and this one has {0}; leave some out")]
    TooManySections(usize),
    #[error(
        "{sections} sections need at least {} notes; ask for a longer take or a shorter form",
        sections * MIN_SECTION_NOTES
    )]
    TooShort { sections: usize },
}

/// One section of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    /// `A`–`Z`.
    pub letter: char,
    /// Semitones between the theme and this return of it.
    pub shift: i8,
    /// Does the theme return altered?
    pub is_varied: bool,
}

/// The form of a take. As text: `free`, or a list of sections such as `ABA'`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Form {
    /// Themes return as often as in real music, at random places.
    #[default]
    Free,
    Sections(Vec<Section>),
}

/// A section of a take of known length.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    pub section: Section,
    /// Range of its notes, counted from the first new one.
    pub notes: Range<usize>,
    /// Range of its theme's notes, if the letter came before.
    pub theme: Option<Range<usize>>,
}

impl Form {
    /// The sections of a take of `notes` notes, all about equally long; none if the form is free.
    ///
    /// # Errors
    /// [`FormError::TooShort`].
    pub fn place(&self, notes: usize) -> Result<Vec<Placed>, FormError> {
        let Form::Sections(sections) = self else {
            return Ok(Vec::new());
        };
        let n = sections.len();
        if notes < n * MIN_SECTION_NOTES {
            return Err(FormError::TooShort { sections: n });
        }
        let mut placed: Vec<Placed> = Vec::with_capacity(n);
        for (i, &section) in sections.iter().enumerate() {
            let first = placed.iter().find(|p| p.section.letter == section.letter);
            let theme = first.map(|p| p.notes.clone());
            placed.push(Placed { section, notes: i * notes / n..(i + 1) * notes / n, theme });
        }
        Ok(placed)
    }
}

impl FromStr for Form {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Form, FormError> {
        let text = text.trim();
        let written = match text.to_lowercase().as_str() {
            "free" => return Ok(Form::Free),
            "rondo" => "ABACA",
            "variations" => "AA'A'A'",
            _ => text,
        };
        let unreadable = || FormError::Unreadable(text.chars().take(40).collect());
        let mut sections: Vec<Section> = Vec::new();
        let mut rest = written.chars().filter(|c| !c.is_whitespace()).peekable();
        while let Some(c) = rest.next() {
            match (c, sections.last_mut()) {
                ('a'..='z' | 'A'..='Z', _) => {
                    sections.push(Section { letter: c.to_ascii_uppercase(), shift: 0, is_varied: false })
                }
                ('\'' | '’' | '′', Some(last)) => last.is_varied = true,
                ('+' | '-', Some(last)) => {
                    let mut digits = String::new();
                    while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                        digits.push(digit);
                    }
                    let by: i8 = digits.parse().map_err(|_| unreadable())?;
                    last.shift = if c == '-' { -by } else { by };
                    if last.shift.abs() > MAX_SHIFT {
                        return Err(unreadable());
                    }
                }
                _ => return Err(unreadable()),
            }
        }
        match sections.len() {
            0 => Err(unreadable()),
            n if n > MAX_SECTIONS => Err(FormError::TooManySections(n)),
            _ => Ok(Form::Sections(sections)),
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Form::Free => f.write_str("free"),
            Form::Sections(sections) => sections.iter().try_for_each(|section| section.fmt(f)),
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.letter)?;
        if self.is_varied {
            f.write_str("'")?;
        }
        if self.shift != 0 {
            write!(f, "{:+}", self.shift)?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Form {
    type Error = FormError;

    fn try_from(text: String) -> Result<Form, FormError> {
        text.parse()
    }
}

impl From<Form> for String {
    fn from(form: Form) -> String {
        form.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_read_back_as_they_are_written() {
        for (text, written) in [
            ("ABA", "ABA"),
            (" a b a' ", "ABA'"),
            ("AB+5A'-2", "AB+5A'-2"),
            ("Rondo", "ABACA"),
            ("variations", "AA'A'A'"),
            ("FREE", "free"),
            ("A", "A"),
        ] {
            let form: Form = text.parse().unwrap();
            assert_eq!(form.to_string(), written);
            assert_eq!(form.to_string().parse::<Form>().unwrap(), form);
        }
    }

    #[test]
    fn what_is_no_form_says_so() {
        for text in ["", "'A", "A1", "A+", "A+99", "+3", "A++2", "Ä", "A.B", "A+200", "日本"] {
            assert!(matches!(text.parse::<Form>(), Err(FormError::Unreadable(_))), "{text}");
        }
        assert_eq!("A".repeat(100).parse::<Form>(), Err(FormError::TooManySections(100)));
        assert!(Form::Free.place(1).unwrap().is_empty());
        let aba: Form = "ABA".parse().unwrap();
        assert_eq!(aba.place(95), Err(FormError::TooShort { sections: 3 }));
    }

    #[test]
    fn sections_cover_the_take_and_know_their_theme() {
        let form: Form = "ABAC".parse().unwrap();
        let placed = form.place(401).unwrap();
        let notes: Vec<Range<usize>> = placed.iter().map(|p| p.notes.clone()).collect();
        assert_eq!(notes, [0..100, 100..200, 200..300, 300..401]);
        let themes: Vec<Option<Range<usize>>> = placed.into_iter().map(|p| p.theme).collect();
        assert_eq!(themes, [None, None, Some(0..100), None]);
    }
}
