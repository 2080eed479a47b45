//! The address of the list: which users, and what stands around them.

use super::view::{parse_status, status_word};
use crate::domain::user::UserStatus;
use crate::services::users::listing::UserQuery;
use crate::web::extract::FormData;

/// Where the list is.
pub const LIST: &str = "/admin/customers";

/// The users of an address or form.
pub fn query_of(form: &FormData) -> UserQuery {
    UserQuery {
        words: form.text("q").to_owned(),
        status: parse_status(form.text("status")),
        role: form.text("role").parse().ok(),
        owner: form.text("owner").to_owned(),
        sees_nothing: form.text("sees") == "nothing",
        page: form.text("page").parse::<usize>().map_or(0, |page| page.saturating_sub(1)),
    }
}

/// The same as names and values, without status and page.
pub fn pairs_of(query: &UserQuery) -> Vec<(&'static str, String)> {
    let mut pairs = Vec::new();
    let mut put = |name, value: String| {
        if !value.is_empty() {
            pairs.push((name, value));
        }
    };
    put("q", query.words.clone());
    put("role", query.role.map(|role| role.to_string()).unwrap_or_default());
    put("owner", query.owner.clone());
    put("sees", if query.sees_nothing { "nothing".to_owned() } else { String::new() });
    pairs
}

/// The list of these users; `give` is the owner that somebody is looked for to have.
pub fn address(query: &UserQuery, status: Option<UserStatus>, page: usize, give: &str) -> String {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.extend_pairs(pairs_of(query));
    if let Some(status) = status {
        pairs.append_pair("status", status_word(status));
    }
    if !give.is_empty() {
        pairs.append_pair("give", give);
    }
    if page > 0 {
        pairs.append_pair("page", &(page + 1).to_string());
    }
    let pairs = pairs.finish();
    if pairs.is_empty() { LIST.to_owned() } else { format!("{LIST}?{pairs}") }
}

/// The list of those who see an owner's rows.
pub fn address_of_owner(owner: &str) -> String {
    address(&UserQuery { owner: owner.to_owned(), ..UserQuery::default() }, None, 0, "")
}
