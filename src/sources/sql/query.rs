//! What may be asked: one statement that brings rows. The databases see to it that it only reads; what they leave to
//! others is looked at here.

use crate::domain::feed::SqlEngine;

/// Characters of a query.
const MOST_CHARACTERS: usize = 50_000;

/// Words that no query of SQL Server needs, which knows no transaction that only reads and takes several statements
/// without a sign between them (Transact-SQL statements, MS-SQL reference). They are refused wherever they stand outside of
/// quotes and brackets.
const SQL_SERVER_REFUSES: [&str; 46] = [
    "INSERT",
    "UPDATE",
    "DELETE",
    "MERGE",
    "INTO",
    "EXEC",
    "EXECUTE",
    "CREATE",
    "ALTER",
    "DROP",
    "TRUNCATE",
    "GRANT",
    "REVOKE",
    "DENY",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVE",
    "SET",
    "DECLARE",
    "USE",
    "BACKUP",
    "RESTORE",
    "BULK",
    "SHUTDOWN",
    "KILL",
    "DBCC",
    "WAITFOR",
    "RECONFIGURE",
    "OPENROWSET",
    "OPENQUERY",
    "OPENDATASOURCE",
    "NEXT",
    "WRITETEXT",
    "UPDATETEXT",
    "REVERT",
    "SETUSER",
    "CHECKPOINT",
    "DISABLE",
    "ENABLE",
    "SEND",
    "RECEIVE",
    "GOTO",
    "PRINT",
    "RAISERROR",
    "THROW",
];

/// What a statement that brings rows begins with: PostgreSQL's manual on `DECLARE` and `TABLE`, MySQL's on `VALUES` and
/// `TABLE`, SQLite's on `SELECT`, Microsoft's on `SELECT`.
fn beginnings(engine: SqlEngine) -> &'static [&'static str] {
    match engine {
        SqlEngine::Postgres | SqlEngine::MySql => &["SELECT", "WITH", "VALUES", "TABLE"],
        SqlEngine::Sqlite => &["SELECT", "WITH", "VALUES"],
        SqlEngine::SqlServer => &["SELECT", "WITH"],
    }
}

/// The query as it is sent, without a semicolon at its end.
///
/// # Errors
/// What is wrong with it: a sentence without its beginning.
pub fn check(engine: SqlEngine, query: &str) -> Result<String, String> {
    let query = query.trim().trim_end_matches(|c: char| c == ';' || c.is_whitespace());
    if query.is_empty() {
        return Err("is empty".to_owned());
    }
    if query.chars().count() > MOST_CHARACTERS || query.contains('\0') {
        return Err(format!("has more than {MOST_CHARACTERS} characters, or one that is none"));
    }
    if has_brackets(engine) && query.replace("\r\n", "\n").contains('\r') {
        return Err("has a line that ends with a carriage return alone".to_owned());
    }
    let words = words(engine, query)?;
    let first = words.iter().find_map(|word| match word {
        Word::Name(name) => Some(name.as_str()),
        Word::Sign('(') => None,
        Word::Sign(_) => Some(""),
    });
    let beginnings = beginnings(engine);
    if !first.is_some_and(|first| beginnings.contains(&first)) {
        let (last, others) = beginnings.split_last().unwrap_or((&"SELECT", &[]));
        return Err(format!("has to begin with {} or {last}: sources only read", others.join(", ")));
    }
    match engine {
        // They take one statement at a time and refuse a second by themselves.
        SqlEngine::Postgres | SqlEngine::MySql => {}
        SqlEngine::Sqlite | SqlEngine::SqlServer => {
            if words.contains(&Word::Sign(';')) {
                return Err("has a semicolon: only one statement can be asked".to_owned());
            }
        }
    }
    if engine == SqlEngine::SqlServer {
        let refused = words.iter().find_map(|word| match word {
            Word::Name(name) if SQL_SERVER_REFUSES.contains(&name.as_str()) => Some(name),
            _ => None,
        });
        if let Some(word) = refused {
            return Err(format!("has the word {word}: write a column of that name as [{word}]"));
        }
    }
    Ok(query.to_owned())
}

/// What a query is made of, without texts, quoted names and comments.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    /// In upper case.
    Name(String),
    Sign(char),
}

fn words(engine: SqlEngine, query: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = query;
    while let Some(c) = rest.chars().next() {
        let skip = |end: &str, from: usize| rest[from..].find(end).map(|at| from + at + end.len());
        let is_sharp_comment = c == '#' && engine == SqlEngine::MySql;
        if rest.starts_with("--") || is_sharp_comment {
            rest = &rest[skip("\n", 1).unwrap_or(rest.len())..];
        } else if rest.starts_with("/*") {
            let end = if engine == SqlEngine::SqlServer { nested(rest) } else { skip("*/", 2) };
            rest = &rest[end.ok_or("has a comment without an end")?..];
        } else if matches!(c, '\'' | '"')
            || (c == '`' && engine != SqlEngine::SqlServer)
            || (c == '[' && has_brackets(engine))
        {
            // A doubled quote begins the next text at once, which comes to the same here.
            let end = match c {
                '[' if engine == SqlEngine::SqlServer => bracket(rest),
                '[' => skip("]", 1),
                quote => skip(quote.encode_utf8(&mut [0; 4]), 1),
            };
            // Where a backslash may hide a quote, the database is the one to say where a text ends.
            rest = &rest[match end {
                Some(end) => end,
                None if has_brackets(engine) => return Err("has a quote without an end".to_owned()),
                None => rest.len(),
            }..];
        } else if is_of_name(c) {
            let end = rest.find(|c| !is_of_name(c)).unwrap_or(rest.len());
            words.push(Word::Name(rest[..end].to_uppercase()));
            rest = &rest[end..];
        } else {
            if !c.is_whitespace() {
                words.push(Word::Sign(c));
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    Ok(words)
}

/// True for those whose texts are read to their end here: no backslash hides anything in them.
fn has_brackets(engine: SqlEngine) -> bool {
    matches!(engine, SqlEngine::Sqlite | SqlEngine::SqlServer)
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '@' | '$' | '#')
}

/// Where a name in brackets ends: two closing ones are one that belongs to it.
fn bracket(text: &str) -> Option<usize> {
    let mut at = 1;
    loop {
        at += text[at..].find(']')? + 1;
        if !text[at..].starts_with(']') {
            return Some(at);
        }
        at += 1;
    }
}

/// Where a comment ends that may hold others.
fn nested(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0_u32, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::domain::feed::SqlEngine::{self, MySql, Postgres, SqlServer, Sqlite};

    fn why(engine: SqlEngine, query: &str) -> String {
        check(engine, query).err().unwrap_or_default()
    }

    #[test]
    fn a_query_begins_with_what_brings_rows() {
        for engine in SqlEngine::ALL {
            for good in [
                "SELECT 1",
                " select a from b ;\n",
                "-- first\n/* x ; y */ WITH t AS (SELECT 1) SELECT * FROM t",
                "(SELECT 1) UNION (SELECT 2)",
                "SELECT ';', \"a;b\" FROM t -- the end",
            ] {
                assert_eq!(why(engine, good), "", "{engine:?} {good}");
            }
            for bad in
                ["", ";", "DELETE FROM t", "-- SELECT\nDROP TABLE t", "CALL x()", "-SELECT 1", "x'SELECT'"]
            {
                assert_ne!(why(engine, bad), "", "{engine:?} {bad}");
            }
        }
        assert_eq!(check(Postgres, "SELECT 1 ; ").unwrap(), "SELECT 1");
        assert_eq!(why(MySql, "# one\nSELECT 1"), "");
    }

    #[test]
    fn what_a_query_begins_with_is_what_the_message_names() {
        for (engine, told) in [
            (Postgres, "SELECT, WITH, VALUES or TABLE"),
            (MySql, "SELECT, WITH, VALUES or TABLE"),
            (Sqlite, "SELECT, WITH or VALUES"),
            (SqlServer, "SELECT or WITH"),
        ] {
            assert_eq!(
                why(engine, "DELETE FROM t"),
                format!("has to begin with {told}: sources only read"),
                "{engine:?}"
            );
            for (query, word) in [("VALUES (1)", "VALUES"), ("TABLE t", "TABLE")] {
                assert_eq!(why(engine, query).is_empty(), told.contains(word), "{engine:?} {query}");
            }
        }
    }

    #[test]
    fn a_second_statement_is_found_where_the_database_would_take_it() {
        for bad in [
            "SELECT 1; ATTACH '/x' AS y",
            "SELECT '''; --'; DROP TABLE t",
            "SELECT [a';']; DROP TABLE t --'",
            "SELECT 1 /* */; PRAGMA query_only = 0",
            "SELECT `;` ; SELECT 2",
        ] {
            assert!(why(Sqlite, bad).contains("semicolon"), "{bad}");
            assert!(why(SqlServer, bad).contains("semicolon"), "{bad}");
        }
        assert!(why(Sqlite, "SELECT 'a").contains("without an end"));
        assert!(why(SqlServer, "SELECT [a]]'] ; DROP TABLE t --'").contains("semicolon"));
        assert_eq!(why(SqlServer, "SELECT [a]];']"), "");
        assert!(why(Sqlite, "SELECT 1 --\r'\n ; DROP TABLE t --'").contains("carriage"));
        // SQL Server needs no semicolon, and its comments hold comments.
        for (bad, word) in [
            ("SELECT 1 DROP TABLE t", "DROP"),
            ("SELECT * INTO copy FROM t", "INTO"),
            ("WITH t AS (SELECT 1 a) delete FROM t", "DELETE"),
            ("SELECT 1 /* /* */ */ exec sp_x", "EXEC"),
            ("SELECT * FROM OPENROWSET('x', 'y', 'z')", "OPENROWSET"),
            ("SELECT NEXT VALUE FOR s", "NEXT"),
        ] {
            assert!(why(SqlServer, bad).contains(word), "{bad}");
        }
        assert_eq!(why(SqlServer, "SELECT [Delete], 'DROP' AS \"set\", /* exec */ updated FROM t"), "");
    }
}
