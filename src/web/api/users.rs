//! Accounts, for those who manage them.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::parts::Part;
use super::versions::{Seen, tagged};
use crate::base::secret::{SecretString, serialize_exposed};
use crate::domain::email::{Email, Username};
use crate::domain::mobile::{Country, Mobile};
use crate::domain::permission::Role;
use crate::domain::scope::OwnerScope;
use crate::domain::user::PersonName;
use crate::services::access::invite::{self, Handover, Way};
use crate::services::authorize::{Grant, ManageUsers};
use crate::services::users::edit::{self, Edited, UserEdit, UserFields};
use crate::services::users::listing::{self, Sort, SortBy, UserQuery};
use crate::services::users::protect::{self, Demand};
use crate::services::users::{self as service, FirstSignIn, NewPassword, NewUser, UserView, coverage};
use crate::services::{ServiceError, Services, approvals};
use crate::web::error::AppError;
use crate::web::extract::{ApiJson, FormData, Granted, NoBody};
use crate::web::middleware::once::ShownOnce;
use crate::web::state::AppState;

/// Users in a list.
#[derive(Serialize, ToSchema)]
struct Users {
    users: Vec<UserView>,
    /// How many there are in all parts.
    total: usize,
}

/// Accounts, by name unless another order is asked for.
#[utoipa::path(get, path = "/api/v1/users", params(("q" = Option<String>, Query, description = "Words in name, address, user name or number"), ("status" = Option<crate::domain::user::UserStatus>, Query, description = "Where the account stands"), ("role" = Option<Role>, Query, description = "A role that they have"), ("owner" = Option<String>, Query, description = "An owner whose rows they see"), ("sort" = Option<String>, Query, description = "`name`, `signed_in` or `added`; with `-` before it the other way round"), ("offset" = Option<usize>, Query, description = "Entries to leave out at the beginning"), ("limit" = Option<usize>, Query, description = "Most entries of the answer")), responses((status = 200, description = "Done", body = Users)))]
pub async fn list(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageUsers>,
    query: FormData,
) -> Result<Response, AppError> {
    query.only(&["q", "status", "role", "owner", "sort", "offset", "limit"])?;
    let part = Part::of(&query)?;
    let wanted = UserQuery {
        words: query.text("q").to_owned(),
        status: word(&query, "status", "active, deactivated, pending, unconfirmed or rejected")?,
        role: word(&query, "role", "customer, planner, operator, auditor or admin")?,
        owner: query.text("owner").to_owned(),
        sort: sort(query.text("sort"))?,
        ..UserQuery::default()
    };
    state
        .run(move |services| {
            let found = listing::all(services, &grant, &wanted)?;
            Ok(Json(Users { total: found.len(), users: part.cut(found) }).into_response())
        })
        .await
}

/// A word of an address, as JSON writes it.
fn word<T: serde::de::DeserializeOwned>(
    query: &FormData,
    name: &'static str,
    expected: &str,
) -> Result<Option<T>, ServiceError> {
    match query.text(name) {
        "" => Ok(None),
        text => serde_json::from_value(text.into())
            .map(Some)
            .map_err(|_| ServiceError::invalid(name, format!("expected {expected}"))),
    }
}

fn sort(text: &str) -> Result<Sort, ServiceError> {
    let (text, is_descending) = text.strip_prefix('-').map_or((text, false), |text| (text, true));
    let by = match text {
        "" | "name" => SortBy::Name,
        "signed_in" => SortBy::SignIn,
        "added" => SortBy::Added,
        _ => return Err(ServiceError::invalid("sort", "expected name, signed_in or added")),
    };
    Ok(Sort { by, is_descending })
}

/// An account, by its id, address or user name.
#[utoipa::path(get, path = "/api/v1/users/{user}", responses((status = 200, description = "Done", body = UserView)))]
pub async fn show(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageUsers>,
    Path(user): Path<String>,
    seen: Seen,
) -> Result<Response, AppError> {
    state
        .run(move |services| {
            let user = service::show(services, &grant, &user)?;
            Ok(seen.answer(user.version.clone(), user))
        })
        .await
}

/// How a new account gets its password.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum HandOver {
    /// The user sets one, by a link in a mail.
    Mail,
    /// The user sets one, by a code that is answered here once, to be printed.
    Slip,
    /// It is in the request, and is to be changed at the first sign-in.
    Password,
}

/// An account to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewUser)]
#[serde(deny_unknown_fields)]
pub struct NewUserBody {
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    username: Option<String>,
    mobile: Option<String>,
    roles: BTreeSet<Role>,
    /// Sees the rows of these.
    #[serde(default)]
    owners: BTreeSet<String>,
    /// Sees every row; then without `owners`.
    #[serde(default)]
    all_owners: bool,
    /// By mail where the site has mail, else with a slip.
    hand_over: Option<HandOver>,
    /// Goes with `hand_over: "password"`.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<SecretString>,
}

/// A code that lets a user set a password, once.
#[derive(Serialize, ToSchema)]
struct SlipBody {
    /// To be typed at `/code`.
    #[serde(serialize_with = "serialize_exposed")]
    #[schema(value_type = String)]
    code: SecretString,
    /// Until then.
    expires_at: Timestamp,
}

/// An account with what is to be handed over to its user.
#[derive(Serialize, ToSchema)]
struct HandedOver {
    user: UserView,
    /// Shown this once; null where a mail is on its way.
    slip: Option<SlipBody>,
}

impl From<(UserView, Handover)> for HandedOver {
    fn from((user, handover): (UserView, Handover)) -> Self {
        let slip = match handover {
            Handover::Mailed(_) => None,
            Handover::Slip(slip) => Some(SlipBody { code: slip.code, expires_at: slip.expires_at }),
        };
        Self { user, slip }
    }
}

fn scope_of(owners: BTreeSet<String>, all_owners: bool) -> Result<OwnerScope, ServiceError> {
    match (all_owners, owners.is_empty()) {
        (true, true) => Ok(OwnerScope::All),
        (true, false) => {
            Err(ServiceError::invalid("owners", "does not go with `all_owners`; name one of the two"))
        }
        (false, _) => Ok(OwnerScope::Owners(owners)),
    }
}

fn email_of(text: &str) -> Result<Email, ServiceError> {
    Email::parse(text).map_err(|error| ServiceError::invalid("email", error.to_string()))
}

/// Blank for none.
fn username_of(text: &str) -> Result<Option<Username>, ServiceError> {
    let parsed = (!text.is_empty()).then(|| Username::parse(text)).transpose();
    parsed.map_err(|error| ServiceError::invalid("username", error.to_string()))
}

/// Blank for none.
fn mobile_of(text: &str, country: Option<Country>) -> Result<Option<Mobile>, ServiceError> {
    let parsed = (!text.is_empty()).then(|| Mobile::parse(text, country)).transpose();
    parsed.map_err(|error| ServiceError::invalid("mobile", error.to_string()))
}

fn name_of(first: &str, last: &str) -> Result<PersonName, ServiceError> {
    PersonName::parse(first, last).map_err(|(field, error)| ServiceError::invalid(field, error.to_string()))
}

/// Makes an account.
///
/// The user sets a password by a link in a mail, or by a code that is answered here once.
#[utoipa::path(post, path = "/api/v1/users", request_body = NewUserBody, responses((status = 201, description = "Made", body = HandedOver)))]
pub async fn add(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageUsers>,
    ApiJson(body): ApiJson<NewUserBody>,
) -> Result<Response, AppError> {
    let made = state.try_hashing(move |services| make(services, &grant, body)).await??;
    Ok((StatusCode::CREATED, Extension(ShownOnce), Json(made)).into_response())
}

fn make(
    services: &Services,
    grant: &Grant<ManageUsers>,
    body: NewUserBody,
) -> Result<HandedOver, ServiceError> {
    let country = services.config().accounts.country;
    let text = |text: Option<String>| text.unwrap_or_default();
    let mut new = NewUser {
        email: email_of(&body.email)?,
        name: name_of(&text(body.first_name), &text(body.last_name))?,
        username: username_of(&text(body.username))?,
        mobile: mobile_of(&text(body.mobile), country)?,
        roles: body.roles,
        owners: scope_of(body.owners, body.all_owners)?,
        password: NewPassword::Unset,
        first_sign_in: FirstSignIn::KeepsPassword,
    };
    let has_mail = services.config().mail.is_on();
    let wanted = body.hand_over.unwrap_or(if has_mail { HandOver::Mail } else { HandOver::Slip });
    let way = match (wanted, body.password) {
        (HandOver::Password, Some(password)) => {
            new.password = NewPassword::Plain(password);
            new.first_sign_in = FirstSignIn::ChangesPassword;
            return Ok(HandedOver { user: service::add(services, grant, new)?, slip: None });
        }
        (HandOver::Password, None) => {
            return Err(ServiceError::invalid(
                "password",
                "is missing; it goes with `hand_over`: `password`",
            ));
        }
        (_, Some(_)) => {
            return Err(ServiceError::invalid("password", "goes with `hand_over`: `password` alone"));
        }
        (HandOver::Mail, None) if !has_mail => {
            return Err(ServiceError::invalid(
                "hand_over",
                "is `mail`, and this site sends none; take `slip`",
            ));
        }
        (HandOver::Mail, None) => Way::Mail,
        (HandOver::Slip, None) => Way::Slip,
    };
    Ok(invite::add(services, grant, new, way)?.into())
}

/// What changes of an account.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = UserChange)]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    email: Option<String>,
    /// `null` or blank for none.
    #[serde(default, deserialize_with = "said")]
    first_name: Option<String>,
    /// `null` or blank for none.
    #[serde(default, deserialize_with = "said")]
    last_name: Option<String>,
    /// `null` or blank for none.
    #[serde(default, deserialize_with = "said")]
    username: Option<String>,
    /// `null` or blank for none.
    #[serde(default, deserialize_with = "said")]
    mobile: Option<String>,
    roles: Option<BTreeSet<Role>>,
    /// Sees the rows of these, and of no others.
    owners: Option<BTreeSet<String>>,
    /// Sees every row.
    all_owners: Option<bool>,
    /// That of the account as it was seen.
    version: Option<String>,
}

/// A text that was said; `null` is blank.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Some(Option::deserialize(deserializer)?.unwrap_or_default()))
}

impl UserChange {
    /// The account as it is wanted: what is not said stays.
    fn wanted(self, now: &UserView, country: Option<Country>) -> Result<UserFields, ServiceError> {
        let kept =
            |said: Option<String>, now: &Option<String>| said.or_else(|| now.clone()).unwrap_or_default();
        let owners = match (self.owners, self.all_owners) {
            (None, None) => scope_of(now.owners.clone(), now.all_owners)?,
            (owners, all_owners) => scope_of(owners.unwrap_or_default(), all_owners.unwrap_or_default())?,
        };
        Ok(UserFields {
            email: self.email.map_or_else(|| Ok(now.email.clone()), |email| email_of(&email))?,
            name: name_of(&kept(self.first_name, &now.first_name), &kept(self.last_name, &now.last_name))?,
            username: self.username.map_or_else(|| Ok(now.username.clone()), |name| username_of(&name))?,
            mobile: self
                .mobile
                .map_or_else(|| Ok(now.mobile.clone()), |mobile| mobile_of(&mobile, country))?,
            roles: self.roles.unwrap_or_else(|| now.roles.clone()),
            owners,
        })
    }
}

/// Changes an account; what is not said stays.
///
/// New roles or owners end the user's sessions: rights change at once.
#[utoipa::path(patch, path = "/api/v1/users/{user}", request_body = UserChange, responses((status = 200, description = "Done", body = UserView)))]
pub async fn change(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageUsers>,
    Path(user): Path<String>,
    seen: Seen,
    ApiJson(body): ApiJson<UserChange>,
) -> Result<Response, AppError> {
    edited(&state, grant, user, seen, body, edit::edit).await
}

/// Lets an account in that waits for it, with what it may do and see.
///
/// What is not said is as the account has it: at least `roles` or `owners` usually are.
#[utoipa::path(post, path = "/api/v1/users/{user}/approve", request_body = UserChange, responses((status = 200, description = "Done", body = UserView)))]
pub async fn approve(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageUsers>,
    Path(user): Path<String>,
    seen: Seen,
    ApiJson(body): ApiJson<UserChange>,
) -> Result<Response, AppError> {
    edited(&state, grant, user, seen, body, approvals::approve).await
}

type Write = fn(&Services, &Grant<ManageUsers>, &str, UserEdit) -> Result<Edited, ServiceError>;

async fn edited(
    state: &AppState,
    grant: Grant<ManageUsers>,
    user: String,
    seen: Seen,
    body: UserChange,
    write: Write,
) -> Result<Response, AppError> {
    let work = move |services: &Services| {
        let now = service::show(services, &grant, &user)?;
        seen.must_be(&now.version)?;
        let version = body.version.clone().unwrap_or_else(|| now.version.clone());
        let to = body.wanted(&now, services.config().accounts.country)?;
        match write(services, &grant, &now.id.to_string(), UserEdit { version, from: None, to })? {
            Edited::Saved(saved) => {
                let version = saved.view.version.clone();
                Ok(tagged(version, Json(saved.view).into_response()))
            }
            Edited::Stale(_) => Err(ServiceError::ChangedMeanwhile),
        }
    };
    state.try_hashing(work).await?.map_err(AppError::from)
}

/// Why an account is not let in.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rejection {
    /// Told to who asked; blank for none.
    #[serde(default)]
    reason: String,
}

/// Does not let an account in that waits for it.
#[utoipa::path(post, path = "/api/v1/users/{user}/reject", request_body = Rejection, responses((status = 200, description = "Done", body = UserView)))]
pub async fn reject(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageUsers>,
    Path(user): Path<String>,
    ApiJson(body): ApiJson<Rejection>,
) -> Result<Response, AppError> {
    act(&state, grant, user, move |services, grant, user| {
        approvals::reject(services, grant, user, &body.reason)
    })
    .await
}

/// Deletes an account for good; what it did stays in the audit log.
#[utoipa::path(delete, path = "/api/v1/users/{user}", params(("confirm_email" = String, Query, description = "The address of the account, so that no other goes")), responses((status = 204, description = "Done")))]
pub async fn delete(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageUsers>,
    Path(user): Path<String>,
    seen: Seen,
    query: FormData,
) -> Result<Response, AppError> {
    query.only(&["confirm_email"])?;
    state
        .run(move |services| {
            seen.must_be(service::show(services, &grant, &user)?.version)?;
            service::delete::delete(services, &grant, &user, query.text("confirm_email"))?;
            Ok(StatusCode::NO_CONTENT.into_response())
        })
        .await
}

/// Does something with an account and answers with it.
async fn act(
    state: &AppState,
    grant: Grant<ManageUsers>,
    user: String,
    work: impl FnOnce(&Services, &Grant<ManageUsers>, &str) -> Result<UserView, ServiceError> + Send + 'static,
) -> Result<Response, AppError> {
    state
        .run(move |services| {
            let user = work(services, &grant, &user)?;
            Ok(tagged(user.version.clone(), Json(user).into_response()))
        })
        .await
}

/// Switches an account off; its sessions and tokens end at once.
#[utoipa::path(post, path = "/api/v1/users/{user}/disable", responses((status = 200, description = "Done", body = UserView)))]
pub async fn disable(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageUsers>,
    Path(user): Path<String>,
    _: NoBody,
) -> Result<Response, AppError> {
    act(&state, grant, user, service::disable).await
}

/// Switches an account on again.
#[utoipa::path(post, path = "/api/v1/users/{user}/enable", responses((status = 200, description = "Done", body = UserView)))]
pub async fn enable(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageUsers>,
    Path(user): Path<String>,
    _: NoBody,
) -> Result<Response, AppError> {
    act(&state, grant, user, service::enable).await
}

/// Forgets the failed tries of an account, so that its user need not wait.
#[utoipa::path(post, path = "/api/v1/users/{user}/unlock", responses((status = 200, description = "Done", body = UserView)))]
pub async fn unlock(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageUsers>,
    Path(user): Path<String>,
    _: NoBody,
) -> Result<Response, AppError> {
    act(&state, grant, user, protect::unlock).await
}

/// Takes the second factor of an account away, for a lost phone; its sessions end.
#[utoipa::path(post, path = "/api/v1/users/{user}/reset-second-factor", responses((status = 200, description = "Done", body = UserView)))]
pub async fn reset_second_factor(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageUsers>,
    Path(user): Path<String>,
    _: NoBody,
) -> Result<Response, AppError> {
    act(&state, grant, user, service::reset_second_factor).await
}

/// What is asked of a user's sign-in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecondFactorDemand {
    /// They must have a second factor; otherwise it is as the site wants it.
    required: bool,
}

/// Demands a second factor of a user, or no longer.
#[utoipa::path(post, path = "/api/v1/users/{user}/require-second-factor", request_body = SecondFactorDemand, responses((status = 200, description = "Done", body = UserView)))]
pub async fn require_second_factor(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageUsers>,
    Path(user): Path<String>,
    ApiJson(body): ApiJson<SecondFactorDemand>,
) -> Result<Response, AppError> {
    let demand = if body.required { Demand::Required } else { Demand::AsTheSite };
    act(&state, grant, user, move |services, grant, user| {
        protect::demand_second_factor(services, grant, user, demand)
    })
    .await
}

/// How many ended.
#[derive(Serialize, ToSchema)]
struct Ended {
    ended: usize,
}

/// Ends all sessions of an account.
#[utoipa::path(post, path = "/api/v1/users/{user}/end-sessions", responses((status = 200, description = "Done", body = Ended)))]
pub async fn end_sessions(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageUsers>,
    Path(user): Path<String>,
    _: NoBody,
) -> Result<Response, AppError> {
    state
        .run(move |services| {
            let ended = service::end_sessions(services, &grant, &user)?;
            Ok(Json(Ended { ended }).into_response())
        })
        .await
}

/// How new access is handed over.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AccessWay {
    /// By a link in a mail.
    Mail,
    /// By a code that is answered here once, to be printed.
    Slip,
}

/// New access for a user who lost theirs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccess {
    by: AccessWay,
}

/// Gives a user new access: the password counts no longer, sessions end, and a link or a code lets them set another.
#[utoipa::path(post, path = "/api/v1/users/{user}/access", request_body = NewAccess, responses((status = 200, description = "Done", body = HandedOver)))]
pub async fn access(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageUsers>,
    Path(user): Path<String>,
    ApiJson(body): ApiJson<NewAccess>,
) -> Result<Response, AppError> {
    let way = match body.by {
        AccessWay::Mail => Way::Mail,
        AccessWay::Slip => Way::Slip,
    };
    let given = state.try_hashing(move |services| invite::reset(services, &grant, &user, way)).await??;
    Ok((Extension(ShownOnce), Json(HandedOver::from(given))).into_response())
}

/// An account that waits to be let in.
#[derive(Serialize, ToSchema)]
struct WaitingAccount {
    user: UserView,
    /// Logins of it that others have: who has them, by login.
    taken: std::collections::BTreeMap<String, String>,
}

/// Somebody who waits for new access.
#[derive(Serialize, ToSchema)]
struct WaitingReset {
    id: crate::domain::ids::TokenId,
    user: UserView,
    asked_at: Timestamp,
}

/// What waits for an admin.
#[derive(Serialize, ToSchema)]
struct Approvals {
    accounts: Vec<WaitingAccount>,
    /// To be answered with `POST /users/{user}/access`.
    resets: Vec<WaitingReset>,
}

/// What waits for an admin: accounts to be let in, and users without access.
#[utoipa::path(get, path = "/api/v1/approvals", responses((status = 200, description = "Done", body = Approvals)))]
pub async fn waiting(
    State(state): State<AppState>,
    Granted { grant, .. }: Granted<ManageUsers>,
) -> Result<Response, AppError> {
    state
        .run(move |services| {
            let all = approvals::list(services, &grant)?;
            let accounts = all.accounts.into_iter();
            let resets = all.resets.into_iter();
            Ok(Json(Approvals {
                accounts: accounts
                    .map(|account| WaitingAccount {
                        user: account.user,
                        taken: account.taken.into_iter().collect(),
                    })
                    .collect(),
                resets: resets
                    .map(|reset| WaitingReset {
                        id: reset.token.id,
                        asked_at: reset.token.created_at,
                        user: reset.user,
                    })
                    .collect(),
            })
            .into_response())
        })
        .await
}

/// Whose rows no customer sees, and who sees none.
#[utoipa::path(get, path = "/api/v1/users/coverage", responses((status = 200, description = "Done", body = coverage::Coverage)))]
pub async fn covered(
    State(state): State<AppState>,
    Granted { session, grant }: Granted<ManageUsers>,
) -> Result<Response, AppError> {
    let scope = session.scope();
    state.run(move |services| Ok(Json(coverage::report(services, &grant, &scope)?).into_response())).await
}
