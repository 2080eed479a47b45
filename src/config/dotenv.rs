//! `.env` files: `NAME=value` a line. Nothing is substituted, so that the `$` of a password or of a hash stands
//! for itself.

/// A line that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DotenvProblem {
    /// 1-based.
    pub line: usize,
    /// What is wrong.
    pub message: &'static str,
}

/// Reads all lines: `export` in front is ignored, `#` begins a comment at the start of a line or after a space,
/// single quotes keep everything, double quotes know `\n`, `\t`, `\"` and `\\`.
pub fn parse(text: &str) -> (Vec<(String, String)>, Vec<DotenvProblem>) {
    let (mut values, mut problems) = (Vec::new(), Vec::new());
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let problem = |message| DotenvProblem { line: index + 1, message };
        let Some((name, value)) = line.split_once('=') else {
            problems.push(problem("expected NAME=value"));
            continue;
        };
        let name = name.trim();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.') {
            problems.push(problem("the name before `=` may hold letters, digits and `_` only"));
            continue;
        }
        match parse_value(value.trim()) {
            Some(value) => values.push((name.to_owned(), value)),
            None => problems.push(problem("the quote is never closed")),
        }
    }
    (values, problems)
}

fn parse_value(text: &str) -> Option<String> {
    if let Some(quoted) = text.strip_prefix('\'') {
        return quoted.split_once('\'').map(|(value, _)| value.to_owned());
    }
    if let Some(quoted) = text.strip_prefix('"') {
        let mut value = String::new();
        let mut characters = quoted.chars();
        loop {
            match characters.next()? {
                '"' => return Some(value),
                '\\' => match characters.next()? {
                    'n' => value.push('\n'),
                    't' => value.push('\t'),
                    other => value.push(other),
                },
                other => value.push(other),
            }
        }
    }
    let comment = text.match_indices('#').find(|(at, _)| *at == 0 || text[..*at].ends_with([' ', '\t']));
    Some(comment.map_or(text, |(at, _)| &text[..at]).trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn values_come_as_they_are_written() {
        let text = "\u{feff}# comment\nexport A = 1\nB=$argon2id$v=19$x # why\nC='a # b'\nD=\"x\\ny\\\"z\" # c\nE=\nF=a#b\r\n";
        let (values, problems) = parse(text);
        let expected = [
            ("A", "1"),
            ("B", "$argon2id$v=19$x"),
            ("C", "a # b"),
            ("D", "x\ny\"z"),
            ("E", ""),
            ("F", "a#b"),
        ];
        assert_eq!(values, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(problems.is_empty());
    }

    #[test]
    fn unreadable_lines_are_told_by_number() {
        let (_, problems) = parse("A=1\nnonsense\nB=\"open\n");
        assert_eq!(problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [2, 3]);
    }
}
