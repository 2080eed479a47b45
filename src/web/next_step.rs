//! The next step in a message, as far as its reader can take it.

use std::borrow::Cow;

use crate::domain::permission::Permission;
use crate::domain::user::User;

/// A message for this reader. Where it names a limit that could be raised, that stays for who may change settings and for
/// who imports data, who tells an admin of it; anybody else asks the office.
pub fn for_reader<'t>(user: &User, text: &'t str) -> Cow<'t, str> {
    if hears_of_settings(user) { Cow::Borrowed(text) } else { without_settings(text) }
}

/// True where a setting's name is a next step.
pub fn hears_of_settings(user: &User) -> bool {
    user.has(Permission::ManageSite) || user.has(Permission::ImportData)
}

/// `raise `a.b`` and `raise `a.b` or `c.d`` as `ask the office`.
fn without_settings(text: &str) -> Cow<'_, str> {
    let Some((before, names)) = text.split_once("raise `") else { return Cow::Borrowed(text) };
    let Some((_, mut after)) = names.split_once('`') else { return Cow::Borrowed(text) };
    while let Some((_, further)) = after.strip_prefix(" or `").and_then(|rest| rest.split_once('`')) {
        after = further;
    }
    Cow::Owned(format!("{before}ask the office{}", without_settings(after)))
}

#[cfg(test)]
mod tests {
    use super::without_settings;

    #[test]
    fn a_setting_that_is_out_of_reach_becomes_a_question_to_the_office() {
        for (text, told) in [
            ("split it, or raise `import.max_rows`.", "split it, or ask the office."),
            ("or raise `a.b` or `c.d`. Again: raise `e.f`", "or ask the office. Again: ask the office"),
            ("raise your hand", "raise your hand"),
            ("raise `", "raise `"),
        ] {
            assert_eq!(without_settings(text), told);
        }
    }
}
