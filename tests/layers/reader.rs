//! Reads Rust source as tokens, without comments and literals.

/// Words, `::` and single punctuation marks; comments, strings and characters are dropped.
pub fn tokenise(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        let rest = &chars[at..];
        at += match rest {
            ['/', '/', ..] => rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => block_comment_len(rest),
            ['r', '"' | '#', ..] | ['b', 'r', '"' | '#', ..] if raw_string_len(rest) > 0 => {
                raw_string_len(rest)
            }
            ['"', ..] => quoted_len(rest),
            ['\'', '\\', ..] | ['\'', _, '\'', ..] => quoted_len(rest),
            [':', ':', ..] => {
                tokens.push("::".to_owned());
                2
            }
            [c, ..] if c.is_alphanumeric() || *c == '_' => {
                let word: String = rest.iter().take_while(|c| c.is_alphanumeric() || **c == '_').collect();
                let len = word.chars().count();
                tokens.push(word);
                len
            }
            [c, ..] => {
                if !c.is_whitespace() {
                    tokens.push(c.to_string());
                }
                1
            }
            [] => break,
        };
    }
    tokens
}

/// The length of the block comment at the beginning of `text`; they nest.
fn block_comment_len(text: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        match &text[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of the string or character at the beginning of `text`, both quotes included.
fn quoted_len(text: &[char]) -> usize {
    let mut at = 1;
    while at < text.len() && text[at] != text[0] {
        at += if text[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// The length of the raw string at the beginning of `text`; 0 for a raw identifier.
fn raw_string_len(text: &[char]) -> usize {
    let mut at = text.iter().position(|c| *c == 'r').map_or(0, |at| at + 1);
    let hashes = text[at..].iter().take_while(|c| **c == '#').count();
    at += hashes;
    if text.get(at) != Some(&'"') {
        return 0;
    }
    at += 1;
    let is_end =
        |at: usize| text[at] == '"' && text[at + 1..].iter().take_while(|c| **c == '#').count() >= hashes;
    while at < text.len() && !is_end(at) {
        at += 1;
    }
    at + 1 + hashes
}

/// The first segments of the path or group that stands at the beginning of `tokens`.
pub fn heads(tokens: &[String]) -> Vec<String> {
    if tokens.first().is_none_or(|token| token != "{") {
        return tokens.first().cloned().into_iter().collect();
    }
    let (mut heads, mut depth, mut at_head) = (Vec::new(), 0, false);
    for token in tokens {
        match token.as_str() {
            "{" => {
                depth += 1;
                at_head = depth == 1;
            }
            "}" => depth -= 1,
            "," => at_head = depth == 1,
            name if at_head => {
                heads.push(name.to_owned());
                at_head = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    heads
}
