//! Signing in to the directory (RFC 4513 §5.1.3).

use ldap3::LdapResult;

use super::connect::Connection;
use crate::base::secret::SecretString;
use crate::domain::directory::{NoAnswer, Part, PasswordAnswer, Steps};

/// `invalidCredentials`.
const WRONG: u32 = 49;

/// Signs the service account in, where there is one.
pub(super) fn service(connection: &mut Connection<'_>, steps: &mut Steps) -> Result<(), NoAnswer> {
    let Some((dn, password)) = connection.config.service_account.clone() else {
        steps.good(Part::ServiceBind, "none: users are looked up as nobody in particular");
        return Ok(());
    };
    let said = connection.wait(async |ldap| ldap.simple_bind(&dn, password.expose()).await);
    match said {
        Ok(result) if result.rc == 0 => {
            steps.good(Part::ServiceBind, format!("{dn}: {}", said_by(&result)));
            Ok(())
        }
        Ok(result) => {
            let words = format!("{dn}: {}", said_by(&result));
            steps.bad(Part::ServiceBind, &words);
            Err(NoAnswer(words))
        }
        Err(error) => {
            steps.bad(Part::ServiceBind, format!("{dn}: {error}"));
            Err(NoAnswer(error))
        }
    }
}

/// Whether the password belongs to `dn`. Servers say yes to an empty one (RFC 4513 §5.1.2), so it is never sent.
pub(super) fn check(
    connection: &mut Connection<'_>,
    dn: &str,
    password: &SecretString,
    steps: &mut Steps,
) -> Result<PasswordAnswer, NoAnswer> {
    if password.expose().is_empty() {
        steps.bad(Part::UserBind, "an empty password is never sent");
        return Ok(PasswordAnswer::Wrong);
    }
    let said = connection.wait(async |ldap| ldap.simple_bind(dn, password.expose()).await);
    let result = said.map_err(|error| {
        steps.bad(Part::UserBind, format!("{dn}: {error}"));
        NoAnswer(error)
    })?;
    let words = format!("{dn}: {}", said_by(&result));
    let answer = match result.rc {
        0 => PasswordAnswer::Right,
        WRONG => sub_code(&result.text),
        _ => {
            steps.bad(Part::UserBind, &words);
            return Err(NoAnswer(words));
        }
    };
    if answer == PasswordAnswer::Right {
        steps.good(Part::UserBind, words);
    } else {
        steps.bad(Part::UserBind, words);
    }
    Ok(answer)
}

/// The server's own words.
pub(super) fn said_by(result: &LdapResult) -> String {
    result.to_string().replace(", dn: \"\"", "").replace(", text: \"\"", "")
}

/// What Active Directory means by 49: the number after `data` is an error of Windows. All but 52e, 525 and 775 come only
/// with the right password.
fn sub_code(text: &str) -> PasswordAnswer {
    let code =
        text.split("data ").nth(1).and_then(|rest| rest.split(|c: char| !c.is_ascii_hexdigit()).next());
    match code {
        Some("532" | "773") => PasswordAnswer::MustChange,
        Some("530" | "531" | "533" | "701") => PasswordAnswer::NotNow,
        Some("775") => PasswordAnswer::Locked,
        _ => PasswordAnswer::Wrong,
    }
}

#[cfg(test)]
mod tests {
    use super::sub_code;
    use crate::domain::directory::PasswordAnswer;

    #[test]
    fn sub_codes_of_active_directory_are_read() {
        let text = |code: &str| {
            format!(
                "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data {code}, v1db1"
            )
        };
        for (code, answer) in [
            ("52e", PasswordAnswer::Wrong),
            ("525", PasswordAnswer::Wrong),
            ("773", PasswordAnswer::MustChange),
            ("532", PasswordAnswer::MustChange),
            ("533", PasswordAnswer::NotNow),
            ("701", PasswordAnswer::NotNow),
            ("775", PasswordAnswer::Locked),
        ] {
            assert_eq!(sub_code(&text(code)), answer, "{code}");
        }
        assert_eq!(sub_code(""), PasswordAnswer::Wrong);
    }
}
