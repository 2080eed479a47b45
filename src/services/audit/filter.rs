//! Which events somebody wants to see: what was typed, and what it means on this site.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::index::{About, for_each_three, id_key, key, may_have, pair};
use super::text::{Haystack, Part, actor_word};
use crate::domain::audit::{Actor, AuditEvent};
use crate::domain::fold::fold;
use crate::domain::ids::UserId;
use crate::domain::user::User;
use crate::services::ServiceError;
use crate::services::users::listing::has_words;
use crate::store::audit_blocks::AuditBlock;
use crate::store::{Read, StoreError, users as store_users};

/// Users that a filter is looked at for, one by one; of more, nearly every block has some.
const MAX_USERS_ASKED: usize = 100;
/// Longest filter in bytes; more means nothing.
const MAX_TYPED: usize = 300;

/// What was typed; empty fields want everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Who: `system`, `visitor`, `command-line`, a login, a name, an id.
    pub actor: String,
    /// What: `session.begin`, or a group such as `session.`.
    pub action: String,
    /// To what: `dataset:inventory`, `user:`, or a user as for `actor`.
    pub target: String,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// For which request, exactly.
    pub request: String,
    /// Words that must be somewhere in it, in any order.
    pub text: String,
}

impl Filter {
    /// The filter in words, for the audit log and addresses: only what is set.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let time = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        let pairs = [
            ("actor", self.actor.clone()),
            ("action", self.action.clone()),
            ("target", self.target.clone()),
            ("from", time(self.from)),
            ("until", time(self.until)),
            ("request", self.request.clone()),
            ("q", self.text.clone()),
        ];
        pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// Reads [`Filter::pairs`] again; other names mean nothing to it.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for a time that is none, and for what is far too long.
    pub fn from_pairs<K: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, ServiceError> {
        let mut filter = Self::default();
        for (name, value) in pairs {
            let value = value.as_ref().trim();
            if value.is_empty() {
                continue;
            }
            let time = |field: &'static str| {
                value.parse::<Timestamp>().map(Some).map_err(|_| {
                    ServiceError::invalid(field, format!("`{value}`: expected 2026-11-21T08:00:00Z"))
                })
            };
            let too_long = |field: &'static str| {
                if value.len() > MAX_TYPED {
                    return Err(ServiceError::invalid(field, format!("at most {MAX_TYPED} characters")));
                }
                Ok(value.to_owned())
            };
            match name.as_ref() {
                "actor" => filter.actor = too_long("actor")?,
                "action" => filter.action = too_long("action")?,
                "target" => filter.target = too_long("target")?,
                "request" => filter.request = too_long("request")?,
                "q" => filter.text = too_long("q")?,
                "from" => filter.from = time("from")?,
                "until" => filter.until = time("until")?,
                _ => {}
            }
        }
        Ok(filter)
    }

    /// True where every event is wanted.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn to_json(&self) -> Value {
        self.pairs().into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
    }
}

/// A filter with everything looked up that it names.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    actors: Option<HashSet<String>>,
    action: Option<String>,
    targets: Option<Targets>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    request: Option<String>,
    words: Vec<Word>,
}

#[derive(Debug)]
struct Targets {
    exact: HashSet<String>,
    /// A kind, such as `user:`.
    kind: Option<String>,
}

/// A word of the free text: it is in the event, or in the name or a login of who acts or is acted upon.
#[derive(Debug)]
struct Word {
    parts: Vec<Part>,
    users: HashSet<UserId>,
}

impl Wanted {
    /// Looks up what the filter names.
    pub fn of(r: &impl Read, filter: &Filter) -> Result<Self, StoreError> {
        let typed = |text: &str| !text.is_empty();
        let needs_users = typed(&filter.actor) || typed(&filter.target) || typed(&filter.text);
        let users = if needs_users { store_users::list_users(r)? } else { Vec::new() };
        let words = filter.text.split_whitespace().map(|word| Word {
            parts: Part::of(word),
            users: users_like(&users, word).into_iter().map(|user| user.id).collect(),
        });
        let set = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Ok(Self {
            actors: set(&filter.actor).map(|typed| actors_of(&users, &typed)),
            action: set(&filter.action),
            targets: set(&filter.target).map(|typed| Targets::of(&users, &typed)),
            from: filter.from,
            until: filter.until,
            request: set(&filter.request),
            words: words.collect(),
        })
    }

    /// Whether the event is one of them.
    pub fn has(&self, event: &AuditEvent) -> bool {
        if self.from.is_some_and(|from| event.at < from)
            || self.until.is_some_and(|until| event.at >= until)
            || self.action.as_ref().is_some_and(|action| !is_action(&event.action, action))
            || self.request.as_ref().is_some_and(|request| event.request.as_ref() != Some(request))
            || self.targets.as_ref().is_some_and(|targets| !targets.has(&event.target))
            || self.actors.as_ref().is_some_and(|actors| !actors.contains(&actor_word(&event.actor)))
        {
            return false;
        }
        // Made once, and only for words that no name has.
        let mut haystack = None;
        self.words.iter().all(|word| {
            word.is_about(event) || word.is_in(haystack.get_or_insert_with(|| Haystack::of(event)))
        })
    }

    /// Whether the block may have one of them. Never false where it has.
    pub fn may_be_in(&self, block: &AuditBlock) -> bool {
        if self.from.is_some_and(|from| block.until < from)
            || self.until.is_some_and(|until| block.from >= until)
        {
            return false;
        }
        let filter = &block.filter;
        let action = self.action.as_deref();
        if let Some(action) = action
            && !may_have(filter, key(About::Action, action))
        {
            return false;
        }
        if let Some(request) = &self.request
            && !Part::of(request).iter().all(|part| may_have_part(filter, part))
        {
            return false;
        }
        let targets = self.targets.as_ref().map(Targets::asked);
        let actors = self.actors.as_ref().map(|actors| actors.iter().map(String::as_str).collect::<Vec<_>>());
        // Of very many, nearly every block has some.
        let targets = targets.filter(|targets| targets.len() <= MAX_USERS_ASKED);
        let actors = actors.filter(|actors| actors.len() <= MAX_USERS_ASKED);
        if let Some(targets) = &targets
            && !targets.iter().any(|target| {
                may_have(filter, key(About::Target, target))
                    && action.is_none_or(|action| may_have(filter, pair(About::ActionTarget, action, target)))
            })
        {
            return false;
        }
        if let Some(actors) = &actors
            && !actors.iter().any(|actor| {
                may_have(filter, key(About::Actor, actor))
                    && action.is_none_or(|action| may_have(filter, pair(About::ActorAction, actor, action)))
                    && targets.as_ref().is_none_or(|targets| {
                        targets.iter().any(|target| may_have(filter, pair(About::ActorTarget, actor, target)))
                    })
            })
        {
            return false;
        }
        self.words.iter().all(|word| word.may_be_in(filter))
    }
}

/// `session.begin` is in the group `session.`, and is itself.
fn is_action(action: &str, wanted: &str) -> bool {
    if is_group(wanted) { action.starts_with(wanted) } else { action == wanted }
}

fn is_group(wanted: &str) -> bool {
    wanted.ends_with('.')
}

fn users_like<'u>(users: &'u [User], typed: &str) -> Vec<&'u User> {
    let folded = fold(typed);
    let words: Vec<&str> = folded.split_whitespace().collect();
    users.iter().filter(|user| !words.is_empty() && has_words(user, &words)).collect()
}

/// Users that are meant: the one with this id or login, else all whose name or login is like it.
fn users_meant(users: &[User], typed: &str) -> HashSet<String> {
    let word = |user: &User| format!("user:{}", user.id);
    let id = typed.strip_prefix("user:").unwrap_or(typed);
    if let Ok(id) = id.parse::<UserId>() {
        // Also one that is gone.
        return [format!("user:{id}")].into();
    }
    let exact = users.iter().find(|user| {
        user.email.as_str().eq_ignore_ascii_case(typed)
            || user.username.as_ref().is_some_and(|name| name.as_str().eq_ignore_ascii_case(typed))
    });
    match exact {
        Some(user) => [word(user)].into(),
        None => users_like(users, typed).into_iter().map(word).collect(),
    }
}

fn actors_of(users: &[User], typed: &str) -> HashSet<String> {
    let word = typed.to_lowercase().replace(' ', "-");
    let fixed = [Actor::System, Actor::Visitor, Actor::CommandLine];
    match fixed.iter().map(actor_word).find(|known| *known == word) {
        Some(known) => [known].into(),
        None => users_meant(users, typed),
    }
}

impl Targets {
    fn of(users: &[User], typed: &str) -> Self {
        if let Some(kind) = typed.strip_suffix(':') {
            return Self { exact: HashSet::new(), kind: Some(format!("{kind}:")) };
        }
        let is_written_out = typed.contains(':') && !typed.starts_with("user:");
        let mut exact = if is_written_out { HashSet::new() } else { users_meant(users, typed) };
        exact.insert(typed.to_owned());
        if !typed.contains(':') {
            exact.insert(format!("dataset:{}", typed.to_lowercase()));
        }
        Self { exact, kind: None }
    }

    fn has(&self, target: &str) -> bool {
        match &self.kind {
            Some(kind) => target.starts_with(kind.as_str()),
            None => self.exact.contains(target),
        }
    }

    fn asked(&self) -> Vec<&str> {
        match &self.kind {
            Some(kind) => vec![kind],
            None => self.exact.iter().map(String::as_str).collect(),
        }
    }
}

/// The user whom an event is about.
pub fn target_user(target: &str) -> Option<UserId> {
    target.strip_prefix("user:")?.parse().ok()
}

impl Word {
    fn is_in(&self, haystack: &Haystack) -> bool {
        self.parts.iter().all(|part| part.is_in(haystack))
    }

    /// Whether it is in the name or a login of who acts or is acted upon.
    fn is_about(&self, event: &AuditEvent) -> bool {
        let is_one = |user: UserId| self.users.contains(&user);
        !self.users.is_empty()
            && match event.actor {
                Actor::User(user) if is_one(user) => true,
                _ => target_user(&event.target).is_some_and(is_one),
            }
    }

    fn may_be_in(&self, filter: &[u8]) -> bool {
        self.users.len() > MAX_USERS_ASKED
            || self.parts.iter().all(|part| may_have_part(filter, part))
            || self.users.iter().any(|user| {
                let word = format!("user:{user}");
                may_have(filter, key(About::Actor, &word)) || may_have(filter, key(About::Target, &word))
            })
    }
}

fn may_have_part(filter: &[u8], part: &Part) -> bool {
    match part {
        Part::Id(id) => may_have(filter, id_key(id)),
        Part::Text { text, may_begin_id } => {
            let mut has_all = true;
            for_each_three(text, |three| has_all = has_all && may_have(filter, key(About::Letters, three)));
            has_all || (*may_begin_id && may_have(filter, id_key(text)))
        }
    }
}
