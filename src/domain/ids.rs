//! Identifiers as types, so that a user's id can never be passed where an import's is meant.
//!
//! All are UUIDv7 (RFC 9562 §5.7: their byte order is the order of creation), made by
//! [`crate::base::ids`]; sequence numbers of audit events and generations are plain integers of their own.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id; `now` decides where it sorts.
            pub fn new(now: jiff::Timestamp) -> Self {
                Self(crate::base::ids::new_uuid(now))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

uuid_id!(
    /// A user: one account of a person or program.
    UserId
);
uuid_id!(
    /// A dataset: a named table the site imports again and again.
    DatasetId
);
uuid_id!(
    /// One import: one file on its way to become a generation.
    ImportId
);
uuid_id!(
    /// A mail in the outbox.
    MailId
);
uuid_id!(
    /// A token of a program.
    ApiTokenId
);
uuid_id!(
    /// A link, code or slip that lets somebody do one thing once.
    TokenId
);
uuid_id!(
    /// A source that is asked again and again.
    SourceId
);
uuid_id!(
    /// An address under which a spreadsheet finds a search.
    LiveLinkId
);
uuid_id!(
    /// Somebody who is told over HTTP what happens here.
    WebhookId
);
uuid_id!(
    /// One telling of a webhook.
    WebhookMessageId
);
uuid_id!(
    /// A plan of production, sales and inventory.
    PlanId
);
uuid_id!(
    /// A file taken from the drop folder.
    TakenFileId
);
uuid_id!(
    /// A job in the durable queue.
    JobId
);

uuid_id!(
    /// A file in a user's folder.
    UserFileId
);
uuid_id!(
    /// A user's picture.
    AvatarId
);

impl AvatarId {
    /// One that nobody can guess from when it was made: pictures are shown to whoever knows their id.
    pub fn random() -> Self {
        Self(Uuid::from_bytes(crate::base::ids::random_bytes()))
    }
}

/// The number of a generation within its dataset, counting from 1 in order of publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct GenerationId(pub u64);

impl fmt::Display for GenerationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
