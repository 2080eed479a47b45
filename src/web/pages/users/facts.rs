//! Who made an account and let it in, and what keeps it safe.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::query::LIST;
use crate::domain::audit::Actor;
use crate::domain::ids::UserId;
use crate::domain::user::Realm;
use crate::services::error::seconds;
use crate::services::users::detail::UserDetail;
use crate::web::ui::format::{duration, instant};
use crate::web::ui::{t, t_with};

/// The facts.
pub fn facts(detail: &UserDetail, zone: &TimeZone, now: Timestamp) -> Markup {
    let user = detail.view();
    html! {
        section.panel.padded.stack aria-labelledby="user-facts" {
            h2 #user-facts { (t("user-facts")) }
            p.inline-people {
                a href=(log("/admin/audit", "actor", &user.id.to_string())) { (t("user-log-by")) }
                a href=(log("/admin/audit", "target", &format!("user:{}", user.id))) { (t("user-log-of")) }
                a href=(log("/admin/sessions", "q", user.email.as_str())) { (t("user-log-sessions")) }
            }
            dl.facts {
                dt { (t("user-created")) }
                dd { (instant(user.created_at, zone, now)) " " (made_by(detail)) }
                dt { (t("user-confirmed")) }
                dd {
                    @if let Some(at) = user.confirmed_at { (instant(at, zone, now)) " " (t("user-confirmed-by")) }
                    @else { span.hint { (t("user-confirmed-never")) } }
                }
                @if let Some(approval) = user.approval {
                    dt { (t("user-approved")) }
                    dd { (instant(approval.at, zone, now)) " "
                        @match approval.by { Some(id) => { (by(detail, id)) } None => { (t("user-by-command-line")) } } }
                }
                dt { (t("user-signed-in")) }
                dd {
                    @if let Some(at) = user.signed_in_at { (instant(at, zone, now)) } @else { span.hint { (t("user-never")) } }
                }
                dt { (t("user-seen")) }
                dd { @if let Some(at) = detail.seen_at { (instant(at, zone, now)) } @else { span.hint { (t("user-never")) } } }
                dt { (t("user-password")) }
                dd { (t(if user.realm == Realm::Ldap { "user-password-directory" } else if detail.has_password { "user-password-set" } else { "user-password-none" })) }
                dt { (t("user-second-factor-fact")) }
                dd { (second_factor(detail)) }
                @if let Some((failures, wait)) = detail.listed.failures {
                    dt { (t("user-failures")) }
                    dd { (t_with("user-failures-count", &[("n", failures.into())])) " "
                        @if let Some(wait) = wait { span.badge.warn { (t_with("user-locked", &[("time", duration(seconds(wait)).into())])) } }
                        p.hint { (t("user-failures-means")) } }
                }
            }
        }
    }
}

/// Another list, with nothing but this user in it.
fn log(path: &str, name: &str, value: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    format!("{path}?{}", query.append_pair(name, value).finish())
}

fn second_factor(detail: &UserDetail) -> String {
    let user = detail.view();
    let stands = t(if user.second_factor { "user-second-factor-on" } else { "user-second-factor-off" });
    let wanted = if user.second_factor_required {
        Some("user-second-factor-by-admin")
    } else if detail.role_wants_second_factor {
        Some("user-second-factor-by-role")
    } else {
        None
    };
    wanted.map_or(stands.clone(), |wanted| format!("{stands}; {}", t(wanted)))
}

fn made_by(detail: &UserDetail) -> Markup {
    match detail.view().made_by {
        Actor::User(id) => by(detail, id),
        Actor::Visitor => html! { (t("user-by-themselves")) },
        Actor::CommandLine => html! { (t("user-by-command-line")) },
        Actor::System => html! { (t("user-by-directory")) },
    }
}

/// Who did it, with the way to them.
fn by(detail: &UserDetail, id: UserId) -> Markup {
    html! {
        @match detail.names.get(&id) {
            Some(known) if known.is_gone => { (t_with("user-by-gone", &[("name", known.name.as_str().into())])) }
            Some(known) => { (t("user-by")) " " a href=(format!("{LIST}/{id}")) { (known.name) } }
            None => { (t("user-by-somebody")) }
        }
    }
}
