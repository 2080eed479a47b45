//! The form that files are dropped on, with progress and abort where there is script (`assets/js/imports.js`).

use maud::{Markup, html};

use super::form::csrf_field;
use super::format::limit as limit_text;
use super::{icon, t, t_with};

/// What the browser offers first in its list of files; any other can be chosen, and what it is shows in its content.
pub const ACCEPTED_TABLES: &str =
    ".csv,.tsv,.tab,.txt,.xlsx,.xlsm,.xlsb,.xls,.ods,.gz,.zip,text/csv,text/plain,text/tab-separated-values";

/// The form.
#[derive(Debug, Clone, Copy)]
pub struct UploadForm<'u> {
    /// Where it is sent to: no address of a page, so that its answer can be told from one.
    pub action: &'u str,
    /// A token for it.
    pub csrf: &'u str,
    /// What the browser offers first.
    pub accept: &'u str,
    /// Several files at once.
    pub is_many: bool,
    /// Largest upload.
    pub max_bytes: u64,
    /// What is said of more than that; with `$size`: the largest.
    pub too_large: &'u str,
    /// What the field is called.
    pub label: &'u str,
    /// What can be sent.
    pub hint: &'u str,
    /// On the button.
    pub button: &'u str,
    /// What happens then.
    pub next: &'u str,
}

impl UploadForm<'_> {
    /// Writes it, with fields before the file.
    pub fn write(&self, before: &Markup) -> Markup {
        let size = limit_text(self.max_bytes);
        let limit = t_with("imports-file-limit", &[("size", size.as_str().into())]);
        let too_large = t_with(self.too_large, &[("size", size.into())]);
        html! {
            form.upload-form method="post" action=(self.action) enctype="multipart/form-data" data-upload
                data-max-bytes=(self.max_bytes) data-too-large=(too_large) data-broken=(t("imports-upload-broken"))
                data-empty=(t("imports-file-empty")) data-none=(t("imports-file-missing"))
                data-looking=(t("imports-upload-looking")) data-left=(t("imports-upload-left")) {
                (csrf_field(self.csrf))
                (before)
                // What script puts above the file when it finds something wrong before sending.
                template data-complaint-of { div.notice.bad role="alert" data-complaint { (icon("circle-alert")) p {} } }
                div.drop data-drop {
                    (icon("upload"))
                    label.drop-label for="file" { (self.label) }
                    input.drop-file #file name="file" type="file" accept=(self.accept) multiple[self.is_many]
                        aria-describedby="file-hint";
                    p.drop-name data-file-name hidden {}
                    p.hint #file-hint { (self.hint) " " (limit) }
                }
                div.upload-progress data-progress hidden {
                    progress max="100" value="0" aria-label=(t("imports-upload-progress")) {}
                    p.number data-progress-text role="status" {}
                    button.button type="button" data-abort { (icon("x")) (t("imports-upload-cancel")) }
                }
                div.actions data-send {
                    button.button.primary type="submit" { (icon("upload")) (self.button) }
                    p.hint { (self.next) }
                }
            }
        }
    }
}
