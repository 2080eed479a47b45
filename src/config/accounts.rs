//! Sections `signup` and `accounts`: how people come by an account and back into it.

use super::mail::{MailConfig, MailMode};
use super::parse;
use super::reader::Reader;
use super::setting::{Control, Setting};
use crate::domain::mobile::Country;

/// What it takes to get an account by asking for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignupMode {
    /// Nobody can ask: accounts are made by admins.
    Off,
    /// An admin says yes.
    Approval,
    /// A mail is answered.
    Confirm,
    /// A mail is answered, then an admin says yes.
    ConfirmAndApproval,
}

impl SignupMode {
    /// True where the address must be proved.
    pub fn confirms(self) -> bool {
        matches!(self, Self::Confirm | Self::ConfirmAndApproval)
    }

    /// True where an admin must say yes.
    pub fn approves(self) -> bool {
        matches!(self, Self::Approval | Self::ConfirmAndApproval)
    }
}

/// Who chooses the first password of an account that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignupPassword {
    /// Its user.
    Chosen,
    /// The site; it is mailed, good for one sign-in within a day.
    Generated,
}

/// Whether a form asks for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// No.
    No,
    /// It may stay empty.
    Optional,
    /// It must be there.
    Required,
}

/// How an account that an admin makes is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invitation {
    /// A link, or a slip with a code, with which the user sets a password.
    Link,
    /// A password made up by the site, to be changed at the first sign-in.
    TemporaryPassword,
}

/// When a change of one's password takes a code sent by mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodePolicy {
    /// Where the site has mail.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How people come by an account and back into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountsConfig {
    /// What it takes to get an account.
    pub signup: SignupMode,
    /// Who chooses its password.
    pub signup_password: SignupPassword,
    /// First name on the form.
    pub first_name: Asked,
    /// Last name.
    pub last_name: Asked,
    /// User name.
    pub username: Asked,
    /// Mobile number.
    pub mobile: Asked,
    /// How accounts made by admins are handed over.
    pub invitation: Invitation,
    /// Whether a change of password takes a code.
    pub password_change: CodePolicy,
    /// Users may set a security question, which is asked after a valid code as one more thing (never instead).
    pub security_question: bool,
    /// Country of telephone numbers without one.
    pub country: Option<Country>,
}

/// What can be set.
pub const SETTINGS: &[Setting] = &[
    Setting::new(
        "signup.mode",
        "off, approval, confirm or confirm+approval (default: confirm+approval with mail, else approval)",
    )
    .on_page(Control::Choice(&["off", "approval", "confirm", "confirm+approval"])),
    Setting::new("signup.password", "chosen by the user, or generated and mailed (default: chosen)")
        .on_page(Control::Choice(&["chosen", "generated"])),
    Setting::new("signup.first_name", "no, optional or required (default: required)")
        .on_page(Control::Choice(&["no", "optional", "required"])),
    Setting::new("signup.last_name", "no, optional or required (default: required)")
        .on_page(Control::Choice(&["no", "optional", "required"])),
    Setting::new("signup.username", "no, optional or required (default: optional)")
        .on_page(Control::Choice(&["no", "optional", "required"])),
    Setting::new("signup.mobile", "no, optional or required (default: optional)")
        .on_page(Control::Choice(&["no", "optional", "required"])),
    Setting::new(
        "accounts.invitation",
        "What users made by an admin get: link or temporary-password (default: link)",
    )
    .on_page(Control::Choice(&["link", "temporary-password"])),
    Setting::new(
        "accounts.security_question",
        "Let users set a question that is asked after a code (default: false)",
    )
    .on_page(Control::Flag),
    Setting::new("accounts.country", "Two letters of the country of mobile numbers without one")
        .on_page(Control::Text),
    Setting::new(
        "password_change.code",
        "auto, always or never: whether a change of password takes a code by mail (default: auto, with mail)",
    )
    .on_page(Control::Choice(&["auto", "always", "never"])),
];

fn asked(text: &str) -> Result<Asked, String> {
    match text {
        "no" | "hidden" => Ok(Asked::No),
        "optional" => Ok(Asked::Optional),
        "required" => Ok(Asked::Required),
        _ => Err(format!("`{text}` is not no, optional or required")),
    }
}

impl AccountsConfig {
    /// `mail` is whether the site can send mails: what needs one is refused where it cannot.
    pub(super) fn read(reader: &mut Reader, mail: &MailConfig) -> Self {
        let has_mail = !matches!(mail.mode, MailMode::Off);
        let default = if has_mail { SignupMode::ConfirmAndApproval } else { SignupMode::Approval };
        let config = Self {
            signup: reader.get("signup.mode", default, |text| match text {
                "off" => Ok(SignupMode::Off),
                "approval" => Ok(SignupMode::Approval),
                "confirm" => Ok(SignupMode::Confirm),
                "confirm+approval" => Ok(SignupMode::ConfirmAndApproval),
                _ => Err(format!("`{text}` is not off, approval, confirm or confirm+approval")),
            }),
            signup_password: reader.get("signup.password", SignupPassword::Chosen, |text| match text {
                "chosen" => Ok(SignupPassword::Chosen),
                "generated" => Ok(SignupPassword::Generated),
                _ => Err(format!("`{text}` is not chosen or generated")),
            }),
            first_name: reader.get("signup.first_name", Asked::Required, asked),
            last_name: reader.get("signup.last_name", Asked::Required, asked),
            username: reader.get("signup.username", Asked::Optional, asked),
            mobile: reader.get("signup.mobile", Asked::Optional, asked),
            invitation: reader.get("accounts.invitation", Invitation::Link, |text| match text {
                "link" => Ok(Invitation::Link),
                "temporary-password" => Ok(Invitation::TemporaryPassword),
                _ => Err(format!("`{text}` is not link or temporary-password")),
            }),
            password_change: reader.get("password_change.code", CodePolicy::Auto, |text| match text {
                "auto" => Ok(CodePolicy::Auto),
                "always" => Ok(CodePolicy::Always),
                "never" => Ok(CodePolicy::Never),
                _ => Err(format!("`{text}` is not auto, always or never")),
            }),
            security_question: reader.get("accounts.security_question", false, parse::flag),
            country: reader.find("accounts.country", |text| {
                Country::parse(text)
                    .ok_or_else(|| format!("`{text}` is no country; expected two letters such as DE"))
            }),
        };
        for (needs_mail, name) in [
            (config.signup.confirms(), "signup.mode"),
            (config.signup_password == SignupPassword::Generated, "signup.password"),
            (config.password_change == CodePolicy::Always, "password_change.code"),
        ] {
            if needs_mail && !has_mail {
                reader.complain(name, "needs mail; set smtp.host, or mail.mode = \"file\"".to_owned());
            }
        }
        config
    }
}
