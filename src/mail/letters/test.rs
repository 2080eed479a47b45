//! A mail to see whether mail works.

use crate::base::text::{t, t_with};
use crate::domain::mail::{Letter, Part};

/// A test, asked for by somebody.
pub fn test(site: &str, asked_by: &str) -> Letter {
    Letter {
        subject: t_with("mail-test-subject", &[("site", site.into())]),
        parts: vec![
            Part::Text(t_with("mail-test-text", &[("site", site.into())])),
            Part::Fact(t("mail-test-by"), asked_by.to_owned()),
        ],
        expires_at: None,
    }
}
