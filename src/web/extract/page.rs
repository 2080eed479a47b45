//! What pages ask of a request beside the session: how the reader sees them.

use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::response::{Html, IntoResponse, Response};
use maud::Markup;

use super::ClientAddress;
use super::session::{AnySession, CurrentSession};
use crate::base::hex;
use crate::base::ids::random_token;
use crate::base::secret::SecretString;
use crate::config::site::SiteConfig;
use crate::domain::ids::TokenId;
use crate::domain::permission::Permission;
use crate::domain::preferences::{Preferences, Theme};
use crate::domain::user::User;
use crate::services::authorize::{Grant, PermissionType};
use crate::services::{ServiceError, approvals, imports, news, plans, preferences, sessions, tokens};
use crate::web::cookies::{CookieNames, find_cookie};
use crate::web::csrf;
use crate::web::error::AppError;
use crate::web::state::AppState;
use crate::web::ui::reader;
use crate::web::ui::shell::card_page;
use crate::web::ui::{Look, NavItem, SearchBar, Shell};

/// A signed-in user who looks at a page.
#[derive(Debug, Clone)]
pub struct PageOf<S> {
    /// Who.
    pub session: S,
    /// How they see it.
    pub look: Look,
    insecure: bool,
    read_only: bool,
    session_seconds: u64,
    at_work: usize,
    waiting: usize,
    news: usize,
    /// Where the page lies, for forms that come back to it.
    path: String,
}

/// Longest address that forms come back to, in bytes: it stands in the page.
const MAX_WAY_BACK: usize = 8_000;

/// A page of a user who may go on. What nearly every handler takes.
pub type Page = PageOf<CurrentSession>;

/// A page of a user who may have to set a new password first.
pub type AnyPage = PageOf<AnySession>;

/// Whose page a request turned out to be, for the error page that may take its place: by then the request is gone,
/// and the store may be what is broken. Goes with the request and is filled by the extractors of pages.
#[derive(Debug, Clone, Default)]
pub struct PageOwner(Arc<OnceLock<Page>>);

impl PageOwner {
    /// The page, as soon as it is known and its user may go on.
    pub fn get(&self) -> Option<&Page> {
        self.0.get()
    }
}

/// A visitor with a form: the cookie that the form is bound to.
#[derive(Debug)]
pub struct Flow {
    /// How they see pages.
    pub look: Look,
    /// Content of the cookie.
    pub(super) token: SecretString,
    /// The browser does not have the cookie yet.
    pub(super) is_new: bool,
    cookies: CookieNames,
}

/// Markup as an answer.
pub fn html(markup: Markup) -> Response {
    Html(markup.into_string()).into_response()
}

impl<S> PageOf<S> {
    /// A page of one card: there is one thing to do.
    pub fn show_card(&self, title: &str, content: &Markup) -> Response {
        html(card_page(&self.look, title, content))
    }
}

impl Page {
    /// The user, as stored at this very request.
    pub fn user(&self) -> &User {
        self.session.user()
    }

    /// The proof that the user may do `P`.
    ///
    /// # Errors
    /// 403.
    pub fn grant<P: PermissionType>(&self) -> Result<Grant<P>, AppError> {
        self.session.grant()
    }

    /// How many imports are at work.
    pub fn at_work(&self) -> usize {
        self.at_work
    }

    /// A token for the forms of a page.
    pub fn csrf(&self) -> String {
        csrf::new_token(&self.session.any().token)
    }

    /// The page with everything around it. `scripts` are modules it needs beside the core.
    pub fn show(&self, nav: NavItem, title: &str, scripts: &[&str], content: &Markup) -> Response {
        self.show_searching(nav, title, scripts, SearchBar::default(), content)
    }

    /// The same, with another search in the top bar.
    pub fn show_searching(
        &self,
        nav: NavItem,
        title: &str,
        scripts: &[&str],
        search: SearchBar<'_>,
        content: &Markup,
    ) -> Response {
        html(self.shell(nav, title, scripts, search, content))
    }

    /// An error where the page would have been.
    pub fn error(&self, title: &str, content: &Markup) -> Markup {
        self.shell(NavItem::None, title, &[], SearchBar::default(), content)
    }

    fn shell(
        &self,
        nav: NavItem,
        title: &str,
        scripts: &[&str],
        search: SearchBar<'_>,
        content: &Markup,
    ) -> Markup {
        let shell = Shell {
            look: &self.look,
            user: self.user(),
            is_view: self.session.viewer().is_some(),
            csrf: &self.csrf(),
            session_seconds: self.session_seconds,
            insecure: self.insecure,
            read_only: self.read_only,
            nav,
            at_work: self.at_work,
            waiting: self.waiting,
            news: self.news,
            search,
            path: &self.path,
        };
        shell.page(title, scripts, content)
    }
}

impl AnyPage {
    /// The page of a session.
    pub(super) async fn of(
        session: AnySession,
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, AppError> {
        let Ok(ClientAddress(address)) = ClientAddress::from_request_parts(parts, state).await;
        // At this machine nobody is in between.
        let insecure = !state.cookies().is_secure() && address.is_some_and(|address| !address.is_loopback());
        // What was posted has no page to come back to, and an address far beyond what is accepted is none.
        let page = parts.uri.path_and_query();
        let page = page.filter(|page| parts.method == Method::GET && page.as_str().len() < MAX_WAY_BACK);
        let path = page.map_or_else(|| "/".to_owned(), ToString::to_string);
        let live = session.live.clone();
        let (look, session_seconds, waiting, news) = state
            .run(move |services| {
                let preferences = preferences::of(services, &live.user)?;
                let config = services.config();
                let has_files = config.files.has_folder(&live.user);
                let has_plans = plans::are_shown_to(services, &live.user)?;
                let look = Look { has_files, has_plans, ..Look::new(&config.site, preferences) };
                let decides = live.user.has(Permission::ManageUsers);
                let waiting = if decides { approvals::count(services)? } else { 0 };
                let news = news::count_new(services, &live.user)?;
                Ok((look, sessions::ends_in(services, &live).as_secs(), waiting, news))
            })
            .await?;
        reader::set(look.preferences.formats(look.site_formats));
        let at_work = imports::at_work(state.services());
        let read_only = state.services().is_read_only() || state.services().store.is_fallen_back();
        let page = Self { session, look, insecure, read_only, session_seconds, at_work, waiting, news, path };
        if let (Some(PageOwner(owner)), Ok(page)) = (parts.extensions.get(), Page::of(page.clone())) {
            owner.get_or_init(|| page);
        }
        Ok(page)
    }

    /// A token for the forms of a page.
    pub fn csrf(&self) -> String {
        csrf::new_token(&self.session.token)
    }
}

impl FromRequestParts<AppState> for AnyPage {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        let session = AnySession::from_request_parts(parts, state).await?;
        Self::of(session, parts, state).await
    }
}

impl FromRequestParts<AppState> for Page {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        Self::of(AnyPage::from_request_parts(parts, state).await?)
    }
}

impl Page {
    /// The page of a user who may go on.
    ///
    /// # Errors
    /// 403 where a new password comes first.
    pub(super) fn of(page: AnyPage) -> Result<Self, AppError> {
        let AnyPage { session, look, insecure, read_only, session_seconds, at_work, waiting, news, path } =
            page;
        let session = CurrentSession::of(session)?;
        Ok(Self { session, look, insecure, read_only, session_seconds, at_work, waiting, news, path })
    }
}

/// How a visitor sees pages: only the theme is known.
pub fn visitor_look(headers: &HeaderMap, site: &SiteConfig) -> Look {
    let theme = find_cookie(headers, CookieNames::THEME).and_then(Theme::parse).unwrap_or_default();
    Look::new(site, Preferences { theme, ..Preferences::default() })
}

impl FromRequestParts<AppState> for Flow {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        let cookies = state.cookies().clone();
        let known = find_cookie(&parts.headers, cookies.flow()).filter(|token| token.len() < 100);
        let is_new = known.is_none();
        let token = known.map_or_else(random_token, |token| SecretString::new(token.to_owned()));
        Ok(Self { look: visitor_look(&parts.headers, &state.config().site), token, is_new, cookies })
    }
}

impl Flow {
    /// A token for the forms of the page.
    pub fn csrf(&self) -> String {
        csrf::new_token(&self.token)
    }

    /// What a request of this visitor is sealed for: it opens in the same browser alone.
    pub fn binding(&self) -> String {
        hex::encode(&sessions::token_hash(self.token.expose()))
    }

    /// Seals what this visitor began, for an address or form of theirs.
    ///
    /// # Errors
    /// An internal error.
    pub async fn seal_request(&self, state: &AppState, id: TokenId) -> Result<String, AppError> {
        let binding = self.binding();
        state.run(move |services| tokens::seal_request(services, &binding, id)).await
    }

    /// What this visitor began, where this is the browser they began it in.
    ///
    /// # Errors
    /// 410 for anything else.
    pub async fn open_request(&self, state: &AppState, sealed: &str) -> Result<TokenId, AppError> {
        let (binding, sealed) = (self.binding(), sealed.to_owned());
        let opened = state.run(move |services| tokens::open_request(services, &binding, &sealed)).await?;
        opened.ok_or_else(|| ServiceError::LinkVoid.into())
    }

    /// A page of one card, with the cookie its form is bound to.
    pub fn show_card(&self, title: &str, content: &Markup) -> Response {
        let mut response = html(card_page(&self.look, title, content));
        if self.is_new {
            response.headers_mut().append(SET_COOKIE, self.cookies.begin_flow(self.token.expose()));
        }
        response
    }
}
