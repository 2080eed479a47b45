//! What can be set.

/// Another name for a setting in the environment or `.env`, as present systems of our users call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alias {
    /// The name.
    pub name: &'static str,
    /// Appended to the value: the unit that the name implies.
    pub unit: &'static str,
}

/// How a setting is asked for on the settings page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// A line of text; `""` for an example of one.
    Text,
    /// A whole number.
    Number,
    /// A length of time such as `30m`.
    Time,
    /// Yes or no.
    Flag,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Some of these words.
    Choices(&'static [&'static str]),
    /// A secret: it can be replaced, and is never shown.
    Secret,
    /// Lines of text, one item each.
    Lines,
    /// A colour, `#rrggbb`.
    Colour,
    /// A time zone by name.
    Zone,
}

/// One thing that can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// `section.key`, as in `stockroom.toml`; in the environment `STOCKROOM_SECTION_KEY`.
    pub name: &'static str,
    /// What it does, in one line.
    pub help: &'static str,
    /// Other names in the environment.
    pub aliases: &'static [Alias],
    /// Never shown; can be given as a file with `_file` (`_FILE`) after the name.
    pub secret: bool,
    /// A list has one item a line: commas stand inside of items.
    pub lines: bool,
    /// How it is asked for on the settings page; `None` where it can be set outside alone: what names files, sockets and
    /// the cost of hashes is for who runs the machine.
    pub control: Option<Control>,
}

/// An alias whose value needs no unit.
pub const fn alias(name: &'static str) -> Alias {
    Alias { name, unit: "" }
}

impl Setting {
    /// A setting without other names.
    pub const fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, help, aliases: &[], secret: false, lines: false, control: None }
    }

    /// The same with other names.
    #[must_use]
    pub const fn aliases(self, aliases: &'static [Alias]) -> Self {
        Self { aliases, ..self }
    }

    /// The same, as a secret.
    #[must_use]
    pub const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    /// The same, with one item of a list a line.
    #[must_use]
    pub const fn lines(self) -> Self {
        Self { lines: true, ..self }
    }

    /// The same, to be set on the settings page too.
    #[must_use]
    pub const fn on_page(self, control: Control) -> Self {
        Self { control: Some(control), ..self }
    }

    /// Its name in the environment.
    pub fn env_name(&self) -> String {
        format!("STOCKROOM_{}", self.name.replace('.', "_").to_uppercase())
    }
}

/// Names of older systems that mean nothing here: told as retired, not as errors.
pub const RETIRED: &[(&str, &str)] = &[
    ("DATABASE_URL", "the store is a file in the data directory"),
    ("SQLALCHEMY_DATABASE_URI", "the store is a file in the data directory"),
    ("DB_HOST", "the store is a file in the data directory"),
    ("DB_NAME", "the store is a file in the data directory"),
    ("DB_USER", "the store is a file in the data directory"),
    ("DB_PASSWORD", "the store is a file in the data directory"),
    ("REDIS_URL", "jobs and sessions are in the data directory"),
    ("IDS_JWT_SECRET", "sessions are rows, not signed tokens"),
    ("JWT_SECRET", "sessions are rows, not signed tokens"),
    ("JWT_SECRET_KEY", "sessions are rows, not signed tokens"),
    ("SECRET_KEY", "keys are made and kept in the data directory"),
    ("SESSION_SECRET", "keys are made and kept in the data directory"),
    ("SECURITY_PASSWORD_SALT", "each password has a salt of its own"),
    ("FLASK_APP", "there is one binary"),
    ("FLASK_ENV", "there is one binary"),
    ("FLASK_DEBUG", "there is one binary"),
    ("NODE_ENV", "there is one binary"),
];
