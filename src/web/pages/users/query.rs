//! The address of the list: which users, and what stands around them.

use super::view::{parse_status, status_word};
use crate::domain::user::UserStatus;
use crate::services::users::listing::{Only, Sort, SortBy, UserQuery};
use crate::web::extract::FormData;

/// Where the list is.
pub const LIST: &str = "/admin/customers";

/// Filters with their words in addresses and text ids.
pub const ONLY: [(Only, &str); 2] = [(Only::SeesNothing, "sees-nothing"), (Only::NoPassword, "no-password")];
/// Orders with their words.
const ORDERS: [(SortBy, &str); 3] =
    [(SortBy::Name, "name"), (SortBy::SignIn, "sign-in"), (SortBy::Added, "added")];

/// Words of all orders, there and back.
pub fn orders() -> impl Iterator<Item = String> {
    ORDERS.iter().flat_map(|(_, word)| [(*word).to_owned(), format!("-{word}")])
}

/// Any order that does not exist is that of names.
pub fn parse_sort(word: &str) -> Sort {
    let (is_descending, word) = word.strip_prefix('-').map_or((false, word), |word| (true, word));
    let by = ORDERS.iter().find(|(_, known)| *known == word).map(|(by, _)| *by);
    by.map_or(Sort::default(), |by| Sort { by, is_descending })
}

fn sort_word(sort: Sort) -> String {
    if sort == Sort::default() {
        return String::new();
    }
    let word = ORDERS.iter().find(|(by, _)| *by == sort.by).map_or("", |(_, word)| word);
    format!("{}{word}", if sort.is_descending { "-" } else { "" })
}

/// Word of a filter.
pub fn only_word(only: Only) -> &'static str {
    ONLY.iter().find(|(known, _)| *known == only).map_or("", |(_, word)| word)
}

/// The users of an address or form.
pub fn query_of(form: &FormData) -> UserQuery {
    UserQuery {
        words: form.text("q").to_owned(),
        status: parse_status(form.text("status")),
        role: form.text("role").parse().ok(),
        owner: form.text("owner").to_owned(),
        only: ONLY.iter().find(|(_, word)| *word == form.text("only")).map(|(only, _)| *only),
        sort: parse_sort(form.text("sort")),
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
    put("only", query.only.map(only_word).unwrap_or_default().to_owned());
    put("sort", sort_word(query.sort));
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
