//! What of a list is looked at, as its address says.

use crate::services::master_data::{ListOrder, ListQuery};
use crate::web::extract::FormData;

/// What is looked at.
#[derive(Debug, Clone)]
pub struct ListState {
    /// Where the list is.
    pub home: String,
    /// What is looked for.
    pub query: ListQuery,
    /// The page, from 1.
    pub page: usize,
}

impl ListState {
    /// Reads an address; what it says that is none counts for nothing.
    pub fn of(home: &str, form: &FormData) -> Self {
        let sort = form.text("sort");
        let (word, is_descending) = sort.strip_prefix('-').map_or((sort, false), |word| (word, true));
        Self {
            home: home.to_owned(),
            query: ListQuery {
                words: form.text("q").to_owned(),
                category: Some(form.text("category").to_owned()).filter(|category| !category.is_empty()),
                active: match form.text("active") {
                    "yes" => Some(true),
                    "no" => Some(false),
                    _ => None,
                },
                order: ListOrder::of_word(word).unwrap_or_default(),
                is_descending,
            },
            page: form.text("page").parse().unwrap_or(1).max(1),
        }
    }

    /// The word of what is offered.
    pub fn active(&self) -> &'static str {
        match self.query.active {
            None => "",
            Some(true) => "yes",
            Some(false) => "no",
        }
    }

    /// The word of the order.
    pub fn sort(&self) -> String {
        let word = self.query.order.as_str();
        if self.query.is_descending { format!("-{word}") } else { word.to_owned() }
    }

    /// True where everything is looked at.
    pub fn is_everything(&self) -> bool {
        self.query.words.is_empty() && self.query.category.is_none() && self.query.active.is_none()
    }

    /// The query of its address.
    pub fn pairs(&self) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        let category = self.query.category.as_deref().unwrap_or_default();
        for (name, value) in
            [("q", self.query.words.as_str()), ("category", category), ("active", self.active())]
        {
            if !value.is_empty() {
                pairs.append_pair(name, value);
            }
        }
        if (self.query.order, self.query.is_descending) != (ListOrder::default(), false) {
            pairs.append_pair("sort", &self.sort());
        }
        if self.page > 1 {
            pairs.append_pair("page", &self.page.to_string());
        }
        pairs.finish()
    }

    /// Its address, with more to say.
    pub fn address(&self, more: &[(&str, &str)]) -> String {
        let mut pairs = form_urlencoded::Serializer::new(self.pairs());
        let pairs = pairs.extend_pairs(more).finish();
        if pairs.is_empty() { self.home.clone() } else { format!("{}?{pairs}", self.home) }
    }
}
