//! What is asked for beside the password.

use serde::{Deserialize, Serialize};

/// What a sign-in had beside the password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactor {
    /// Nothing.
    #[default]
    None,
    /// A code of an authenticator app (RFC 6238).
    App,
    /// A recovery code.
    RecoveryCode,
    /// A browser that was trusted after an earlier code.
    TrustedBrowser,
}

impl SecondFactor {
    /// True where there was any.
    pub fn is_there(self) -> bool {
        self != Self::None
    }
}
