//! What a person types: `user`, `user@suffix`, `DOMAIN\user`.

use crate::config::directory::DirectoryConfig;

/// Longest name that is looked for; none in a directory is longer.
const MAX_BYTES: usize = 254;

/// A name as it is looked for in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The short name: what all ways to write it have in common.
    pub user: String,
    /// All of it, where it was written with a suffix.
    pub upn: Option<String>,
}

impl Name {
    /// Reads what was typed; `None` where it is no name of this directory. A suffix or domain that is not listed is
    /// somebody else's (ASVS 6.8.1).
    pub fn parse(typed: &str, config: &DirectoryConfig) -> Option<Self> {
        let typed = typed.trim();
        if typed.len() > MAX_BYTES || typed.chars().any(char::is_control) {
            return None;
        }
        let (user, upn) = if let Some((domain, user)) = typed.split_once('\\') {
            let ours = config.netbios_domain.as_ref().is_some_and(|ours| ours.eq_ignore_ascii_case(domain));
            (ours.then_some(user)?, None)
        } else if let Some((user, suffix)) = typed.rsplit_once('@') {
            let ours = config.upn_suffixes.iter().any(|ours| ours.eq_ignore_ascii_case(suffix));
            (ours.then_some(user)?, Some(typed.to_owned()))
        } else {
            (typed, None)
        };
        let is_plain = !user.trim().is_empty() && !user.contains(['\\', '@']);
        is_plain.then(|| Self { user: user.trim().to_owned(), upn })
    }
}

#[cfg(test)]
mod tests {
    use super::Name;
    use crate::config::{Config, Sources};

    #[test]
    fn three_ways_to_write_a_name_mean_one_user_and_others_nobody() {
        let file = "[directory]\nservers = ['dc']\nbase_dn = 'DC=x'\nadmin_group = 'A'\n\
                    upn_suffixes = ['corp.example', 'example.com']\nnetbios_domain = 'CORP'";
        let sources =
            Sources { file: Some(("stockroom.toml".into(), file.to_owned())), ..Sources::default() };
        let config = Config::load(&sources).unwrap().directory.unwrap();
        let user = |typed: &str| Name::parse(typed, &config).map(|name| name.user);
        for typed in ["ann", " ann ", "CORP\\ann", "corp\\ann", "ann@corp.example", "ann@EXAMPLE.com"] {
            assert_eq!(user(typed).as_deref(), Some("ann"), "{typed}");
        }
        let hostile = [
            "ann@other.example",
            "OTHER\\ann",
            "\\ann",
            "CORP\\",
            "@corp.example",
            "",
            "  ",
            "a\0b",
            "CORP\\CORP\\ann",
        ];
        for typed in hostile.into_iter().chain(["a@b@corp.example", &"x".repeat(300)]) {
            assert_eq!(user(typed), None, "{typed}");
        }
    }
}
