//! `GET /account/tokens`, `POST /account/tokens`, `POST /account/tokens/{token}/revoke`

use axum::extract::{Path, State};
use axum::response::Response;

use super::prove::proof_error;
use super::tokens_view::{TokenForm, TokensView, tokens_page};
use crate::domain::api_token::{TokenScope, UnknownTokenScope};
use crate::services::api_tokens::{self, NewApiToken};
use crate::services::{ServiceError, Services};
use crate::web::error::AppError;
use crate::web::extract::{FormData, Page, PageForm};
use crate::web::pages::{go_to, sent_back};
use crate::web::state::AppState;
use crate::web::ui::form::FieldError;
use crate::web::ui::t;

/// The tokens of one's own programs.
pub async fn show_tokens(
    State(state): State<AppState>,
    page: Page,
    query: FormData,
) -> Result<Response, AppError> {
    let form = TokenForm::default();
    let view = TokensView {
        form: &form,
        made: None,
        errors: &[],
        is_revoked: query.text("done") == "revoked",
        now: state.services().now(),
    };
    show(&state, &page, &view).await
}

async fn show(state: &AppState, page: &Page, view: &TokensView<'_>) -> Result<Response, AppError> {
    let live = page.session.live().clone();
    let own = state.run(move |services| api_tokens::own(services, &live)).await?;
    Ok(tokens_page(page, view, &own))
}

/// Makes one, and shows it this once.
pub async fn make_token(
    State(state): State<AppState>,
    PageForm { page, form }: PageForm,
) -> Result<Response, AppError> {
    let (live, address) = (page.session.live().clone(), page.session.address());
    let typed = TokenForm::of(&form);
    let password = form.secret("token_password");
    let made = match typed.read() {
        Ok(new) => {
            let make = move |services: &Services| api_tokens::make(services, &live, &new, &password, address);
            state.try_hashing(make).await?
        }
        Err(error) => Err(error),
    };
    let view =
        TokensView { form: &typed, made: None, errors: &[], is_revoked: false, now: state.services().now() };
    match made {
        Ok(made) => {
            let form = TokenForm::default();
            show(&state, &page, &TokensView { form: &form, made: Some(&made), ..view }).await
        }
        Err(error) => {
            let errors = [said(error)?];
            let shown = show(&state, &page, &TokensView { errors: &errors, ..view }).await?;
            Ok(sent_back(shown, &errors))
        }
    }
}

/// What is wrong, beside the field that it is about.
fn said(error: ServiceError) -> Result<FieldError, AppError> {
    match error {
        ServiceError::Invalid { field, message } => {
            let name = match field {
                "scopes" => "scope",
                "name" => "token_name",
                other => other,
            };
            Ok(FieldError::new(name, format!("{} {message}", t(&format!("token-field-{name}")))))
        }
        other => proof_error(other, "token_password"),
    }
}

/// Ends one.
pub async fn revoke_token(
    State(state): State<AppState>,
    Path(token): Path<String>,
    PageForm { page, .. }: PageForm,
) -> Result<Response, AppError> {
    let (live, address) = (page.session.live().clone(), page.session.address());
    state.run(move |services| api_tokens::revoke_own(services, &live, &token, address)).await?;
    Ok(go_to("/account/tokens?done=revoked"))
}

impl TokenForm {
    /// What it asks for.
    fn read(&self) -> Result<NewApiToken, ServiceError> {
        let unknown = |error: UnknownTokenScope| ServiceError::invalid("scopes", error.to_string());
        let scopes = self.scopes.iter().map(|scope| scope.parse::<TokenScope>().map_err(unknown));
        let scopes = scopes.collect::<Result<_, _>>()?;
        let days = match self.days.as_str() {
            "" => None,
            days => Some(days.parse().map_err(|_| ServiceError::invalid("days", "is a number of days"))?),
        };
        Ok(NewApiToken { name: self.name.trim().to_owned(), scopes, days })
    }
}
