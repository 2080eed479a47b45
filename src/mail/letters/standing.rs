//! Where an account stands, and what comes next.

use crate::base::text::{t, t_with};
use crate::domain::mail::{Hidden, Letter, Part};

/// What there is to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Somebody asked for an account, or a new password, with the address of one that is in use.
    Exists,
    /// The same for one that waits for an admin.
    ExistsPending,
    /// The same for one that is switched off.
    ExistsDeactivated,
    /// A new password was asked for an account that is not confirmed.
    ResetUnconfirmed,
    /// The same for one that waits for an admin.
    ResetPending,
    /// The same for one that is switched off.
    ResetDeactivated,
    /// The same for one whose password is the company directory's.
    ResetDirectory,
    /// The address is confirmed, and the account can be used.
    Confirmed,
    /// The address is confirmed, and an admin decides.
    ConfirmedPending,
    /// An admin said yes.
    Approved,
    /// An admin said no, and why.
    Rejected(Option<String>),
    /// To admins: somebody waits.
    ApprovalWanted(String),
}

impl Standing {
    /// Its word in the outbox and in text ids.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Exists => "exists",
            Self::ExistsPending => "exists-pending",
            Self::ExistsDeactivated => "exists-deactivated",
            Self::ResetUnconfirmed => "reset-unconfirmed",
            Self::ResetPending => "reset-pending",
            Self::ResetDeactivated => "reset-deactivated",
            Self::ResetDirectory => "reset-directory",
            Self::Confirmed => "confirmed",
            Self::ConfirmedPending => "confirmed-pending",
            Self::Approved => "approved",
            Self::Rejected(_) => "rejected",
            Self::ApprovalWanted(_) => "approval-wanted",
        }
    }

    /// Where the reader goes next.
    fn path(&self) -> Option<&'static str> {
        match self {
            Self::Exists => Some("/forgot"),
            Self::Confirmed | Self::Approved => Some("/login"),
            Self::ApprovalWanted(_) => Some("/admin/approvals"),
            _ => None,
        }
    }
}

/// Tells where an account stands. `origin` is the site's own address, where it is known.
pub fn standing(site: &str, person: &str, standing: &Standing, origin: Option<&str>) -> Letter {
    let word = standing.word();
    let site = || [("site", site.into())];
    let mut parts = vec![
        Part::Text(t_with("mail-hello", &[("person", person.into())])),
        Part::Text(t_with(&format!("mail-{word}-text"), &site())),
    ];
    match standing {
        Standing::Rejected(Some(reason)) => parts.push(Part::Fact(t("mail-fact-reason"), reason.clone())),
        Standing::ApprovalWanted(who) => parts.push(Part::Fact(t("mail-fact-who"), who.clone())),
        _ => {}
    }
    if let (Some(path), Some(origin)) = (standing.path(), origin) {
        let label = t(&format!("mail-{word}-link"));
        parts.push(Part::Link(label, Hidden::Open(format!("{origin}{path}"))));
    }
    Letter { subject: t_with(&format!("mail-{word}-subject"), &site()), parts, expires_at: None }
}
