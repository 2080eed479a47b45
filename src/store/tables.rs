//! Every table of the store. All are bytes to bytes: keys are built in [`super::keys`], values in
//! [`super::codec`]. A released table keeps its name and the meaning of its key for ever.

/// A table's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table(pub &'static str);

/// Key: a name. Value: four bytes for `schema` (u32, big-endian).
pub const META: Table = Table("meta");
/// Key: the setting's name. Value: `SettingRecord`, settings made in the app.
pub const SETTINGS: Table = Table("settings");
/// Key: `authority` or `server`. Value: `CertificateRecord`, made by the site for itself, with its sealed key.
pub const CERTIFICATES: Table = Table("certificates");
/// Key: user id (16 B). Value: `UserRecord`. Ordered by creation.
pub const USERS: Table = Table("users");
/// Key: user id (16 B). Value: `GoneUserRecord`, what a deleted user was called, for the events that name them.
pub const GONE_USERS: Table = Table("gone_users");
/// Key: user id (16 B) of an admin. Value: `OwnersSeenRecord`, when they last chose among owners.
pub const OWNERS_SEEN: Table = Table("owners_seen");
/// Key: folded login (mail address or user name). Value: user id (16 B). Unique logins.
pub const USER_BY_LOGIN: Table = Table("user_by_login");
/// Key: folded login ++ 0 ++ user id (16 B). Value: empty. Logins that users asked for and do not hold.
pub const UNCLAIMED_LOGIN: Table = Table("unclaimed_login");
/// Key: user id (16 B). Value: `CredentialRecord`, the password's hash.
pub const CREDENTIALS: Table = Table("credentials");
/// Key: user id (16 B). Value: `SecondFactorRecord`, the sealed seed of an authenticator app and the last code used.
pub const SECOND_FACTORS: Table = Table("second_factors");
/// Key: user id (16 B). Value: `EnrolmentRecord`, a seed that no code has proved yet.
pub const ENROLMENTS: Table = Table("enrolments");
/// Key: user id (16 B) ++ SHA-256 of the code (32 B). Value: `RecoveryCodeRecord`. A user's unused recovery codes.
pub const RECOVERY_CODES: Table = Table("recovery_codes");
/// Key: user id (16 B) ++ SHA-256 of the device token (32 B). Value: `TrustedBrowserRecord`.
pub const TRUSTED_BROWSERS: Table = Table("trusted_browsers");
/// Key: user id (16 B). Value: `SecurityQuestionRecord`, a question and the hash of its answer.
pub const SECURITY_QUESTIONS: Table = Table("security_questions");
/// Key: avatar id (16 B, random). Value: `AvatarRecord`, a picture that the server wrote itself.
pub const AVATARS: Table = Table("avatars");
/// Key: user id (16 B). Value: `PreferencesRecord`, how pages look to the user.
pub const PREFERENCES: Table = Table("preferences");
/// Key: SHA-256 of the session token (32 B). Value: `SessionRecord`.
pub const SESSIONS: Table = Table("sessions");
/// Key: user id (16 B) ++ SHA-256 of the token (32 B). Value: empty. A user's sessions.
pub const SESSION_BY_USER: Table = Table("session_by_user");
/// Key: SHA-256 of the token (32 B). Value: `ApiTokenRecord`, a token of a program.
pub const API_TOKENS: Table = Table("api_tokens");
/// Key: user id (16 B) ++ SHA-256 of the token (32 B). Value: empty. A user's tokens.
pub const API_TOKEN_BY_USER: Table = Table("api_token_by_user");
/// Key: SHA-256 of the token (32 B). Value: `LiveLinkRecord`, an address for spreadsheets.
pub const LIVE_LINKS: Table = Table("live_links");
/// Key: user id (16 B) ++ SHA-256 of the token (32 B). Value: empty. A user's live links.
pub const LIVE_LINK_BY_USER: Table = Table("live_link_by_user");
/// Key: user id (16 B) ++ SHA-256 of the key that was chosen (32 B). Value: `OnceRecord`, what is done once.
pub const ONCE: Table = Table("once");
/// Key: SHA-256 of the device token (32 B). Value: `DeviceRecord`, a browser that signed in before.
pub const DEVICES: Table = Table("devices");
/// Key: kind (1 B) ++ what is counted (address prefix, user id, hash of a login, hash of a device).
/// Value: `ThrottleRecord`.
pub const THROTTLE: Table = Table("throttle");
/// Key: sequence number (u64). Value: `AuditRecord`. Ordered by time of writing.
pub const AUDIT: Table = Table("audit");
/// Key: sequence number (u64). Value: `AuditHeadRecord`, the log up to this event, signed. Stays when the events go.
pub const AUDIT_HEADS: Table = Table("audit_heads");
/// Key: number of the block (u64): events in blocks of [`super::audit_blocks::BLOCK_EVENTS`]. Value:
/// `AuditBlockRecord`, what a search needs to know to skip the block.
pub const AUDIT_BLOCKS: Table = Table("audit_blocks");
/// Key: a name (`floor`, `whole`, `so-far`). Value: `AuditMarkRecord`, how far events were dropped or checked.
pub const AUDIT_MARKS: Table = Table("audit_marks");
/// Key: job id (16 B). Value: `JobRecord`. Ordered by creation.
pub const JOBS: Table = Table("jobs");
/// Key: state (1 B) ++ run_at or updated_at (i64 µs, order-preserving) ++ job id (16 B). Value: empty.
pub const JOB_BY_STATE: Table = Table("job_by_state");
/// Key: dataset id (16 B). Value: `DatasetRecord`. Ordered by creation.
pub const DATASETS: Table = Table("datasets");
/// Key: slug. Value: dataset id (16 B). Unique slugs.
pub const DATASET_BY_SLUG: Table = Table("dataset_by_slug");
/// Key: dataset id (16 B) ++ generation (u64). Value: `GenerationRecord`. Ordered by publication.
pub const GENERATIONS: Table = Table("generations");
/// Key: import id (16 B). Value: `ImportRecord`. Ordered by creation.
pub const IMPORTS: Table = Table("imports");
/// Key: dataset id (16 B) ++ import id (16 B). Value: empty. A dataset's imports, ordered by creation.
pub const IMPORT_BY_DATASET: Table = Table("import_by_dataset");
/// Key: mail id (16 B). Value: `MailRecord`. Ordered by creation.
pub const OUTBOX: Table = Table("outbox");
/// Key: state (1 B) ++ mail id (16 B). Value: empty. Mails by how far they are, ordered by creation.
pub const OUTBOX_BY_STATE: Table = Table("outbox_by_state");
/// Key: token id (16 B). Value: `TokenRecord`, a link, code or slip. Ordered by creation.
pub const TOKENS: Table = Table("tokens");
/// Key: user id (16 B) ++ token id (16 B). Value: empty. A user's tokens.
pub const TOKEN_BY_USER: Table = Table("token_by_user");
/// Key: SHA-256 of a slip's code (32 B). Value: token id (16 B).
pub const TOKEN_BY_SLIP: Table = Table("token_by_slip");
/// Key: what (1 B: `u` an account, `r` a forgotten password) ++ user or token id (16 B). Value: empty. What waits for
/// an admin.
pub const WAITING: Table = Table("waiting");

/// Key: user id (16 B). Value: `DirectoryAccountRecord`, the entry in the company's directory that the account is.
pub const DIRECTORY_ACCOUNTS: Table = Table("directory_accounts");
/// Key: what never changes about an entry of the directory (`objectGUID`, `entryUUID`). Value: user id (16 B).
pub const USER_BY_DIRECTORY_ID: Table = Table("user_by_directory_id");

/// Key: kind (1 B) ++ hour since 1970 (u64) ++ user id (16 B). Value: how often (u64). What users did, to be counted.
pub const USE_COUNTS: Table = Table("use_counts");
/// Key: dataset's slug ++ 0 ++ folded search. Value: `EmptySearchRecord`. Searches that found nothing.
pub const EMPTY_SEARCHES: Table = Table("empty_searches");
/// Key: dataset id (16 B) ++ generation (u64). Value: `StockRecord`. Rows and quantities by owner of each generation that
/// was published.
pub const STOCK: Table = Table("stock");
/// Key: dataset id (16 B) ++ instant (u64). Value: `PublicationRecord`. The generation that readers saw from then on.
pub const PUBLICATIONS: Table = Table("publications");
/// Key: day since 1970 (u64) ++ dataset's slug ++ 0 ++ format. Value: `ExportedRecord`. What was exported that day.
pub const EXPORTED: Table = Table("exported");

/// Key: source id (16 B). Value: `SourceRecord`, what is asked again and again. Ordered by creation.
pub const SOURCES: Table = Table("sources");
/// Key: taken file id (16 B). Value: `TakenFileRecord`, a file of the drop folder on its way. Ordered by when it was taken.
pub const TAKEN_FILES: Table = Table("taken_files");
/// Key: dataset id (16 B) ++ fingerprint of headers (16 B). Value: `KnownProfileRecord`. How files of that shape are read.
pub const KNOWN_PROFILES: Table = Table("known_profiles");
/// Key: user id (16 B) ++ file id (16 B). Value: `UserFileRecord`. A user's folder, ordered by when files came.
pub const USER_FILES: Table = Table("user_files");
/// Key: user id (16 B) ++ SHA-256 of the content in hex (64 B). Value: `FileCopyRecord`. Copies of users' files elsewhere.
pub const FILE_COPIES: Table = Table("file_copies");
/// Key: webhook id (16 B). Value: `WebhookRecord`, who is told over HTTP what happens. Ordered by creation.
pub const WEBHOOKS: Table = Table("webhooks");
/// Key: message id (16 B). Value: `MessageRecord`, what a webhook is told. Ordered by creation.
pub const WEBHOOK_MESSAGES: Table = Table("webhook_messages");
/// Key: webhook id (16 B) ++ message id (16 B). Value: empty. What a webhook was told, ordered by creation.
pub const WEBHOOK_MESSAGE_BY_WEBHOOK: Table = Table("webhook_message_by_webhook");
/// Key: name of an alert. Value: `AlertRecord`. Alerts that were told and stand.
pub const WEBHOOK_ALERTS: Table = Table("webhook_alerts");
/// Key: SKU. Value: `ItemRecord`.
pub const ITEMS: Table = Table("items");
/// Key: kind (1 B) ++ code. Value: `CodeRecord`. Locations, channels and customers of plans.
pub const CODES: Table = Table("codes");
/// Key: plan id (16 B). Value: `PlanRecord`.
pub const PLANS: Table = Table("plans");
/// Key: plan id (16 B) ++ line (u64). Value: `LineRecord`. Lines without their cells.
pub const PLAN_LINES: Table = Table("plan_lines");
/// Key: as in `plan_lines`. Value: `BaseRecord`. What was imported of a line.
pub const PLAN_BASE: Table = Table("plan_base");
/// Key: as in `plan_lines`. Value: `TypedRecord`. What was typed over it.
pub const PLAN_TYPED: Table = Table("plan_typed");
/// Key: plan id (16 B) ++ number (u64). Value: `EditRecord`. Who typed what and when.
pub const PLAN_EDITS: Table = Table("plan_edits");
/// Key: `last`. Value: `DrillRecord`, how the last restore drill went.
pub const DRILLS: Table = Table("drills");
/// Key: name of the backup. Value: `BackupCopyRecord`, a copy elsewhere.
pub const BACKUP_COPIES: Table = Table("backup_copies");

/// All tables, so that checks and backups can walk every one.
pub const ALL: &[Table] = &[
    META,
    SETTINGS,
    CERTIFICATES,
    USERS,
    USER_BY_LOGIN,
    UNCLAIMED_LOGIN,
    CREDENTIALS,
    SECOND_FACTORS,
    ENROLMENTS,
    RECOVERY_CODES,
    TRUSTED_BROWSERS,
    SECURITY_QUESTIONS,
    AVATARS,
    PREFERENCES,
    SESSIONS,
    API_TOKENS,
    API_TOKEN_BY_USER,
    LIVE_LINKS,
    LIVE_LINK_BY_USER,
    SESSION_BY_USER,
    ONCE,
    DEVICES,
    THROTTLE,
    AUDIT,
    AUDIT_HEADS,
    AUDIT_BLOCKS,
    AUDIT_MARKS,
    JOBS,
    JOB_BY_STATE,
    DATASETS,
    DATASET_BY_SLUG,
    GENERATIONS,
    IMPORTS,
    IMPORT_BY_DATASET,
    OUTBOX,
    OUTBOX_BY_STATE,
    DIRECTORY_ACCOUNTS,
    USER_BY_DIRECTORY_ID,
    TOKENS,
    TOKEN_BY_USER,
    TOKEN_BY_SLIP,
    WAITING,
    GONE_USERS,
    OWNERS_SEEN,
    USE_COUNTS,
    EMPTY_SEARCHES,
    PUBLICATIONS,
    STOCK,
    EXPORTED,
    SOURCES,
    TAKEN_FILES,
    KNOWN_PROFILES,
    USER_FILES,
    FILE_COPIES,
    WEBHOOKS,
    WEBHOOK_MESSAGES,
    WEBHOOK_MESSAGE_BY_WEBHOOK,
    WEBHOOK_ALERTS,
    ITEMS,
    CODES,
    PLANS,
    PLAN_LINES,
    PLAN_BASE,
    PLAN_TYPED,
    PLAN_EDITS,
    DRILLS,
    BACKUP_COPIES,
];

/// Those whose values are ids, numbers or nothing: what they say can be made again from the others, and carries no
/// checksum.
pub const WITHOUT_CHECKSUM: &[Table] = &[
    META,
    USE_COUNTS,
    USER_BY_LOGIN,
    UNCLAIMED_LOGIN,
    API_TOKEN_BY_USER,
    LIVE_LINK_BY_USER,
    SESSION_BY_USER,
    JOB_BY_STATE,
    DATASET_BY_SLUG,
    IMPORT_BY_DATASET,
    OUTBOX_BY_STATE,
    USER_BY_DIRECTORY_ID,
    TOKEN_BY_USER,
    TOKEN_BY_SLIP,
    WAITING,
    WEBHOOK_MESSAGE_BY_WEBHOOK,
];

impl Table {
    /// The definition redb wants.
    pub(super) fn definition(self) -> redb::TableDefinition<'static, &'static [u8], &'static [u8]> {
        redb::TableDefinition::new(self.0)
    }
}
