//! What users are told by mail of changes to their accounts, in the transaction of the change.

use super::authorize::By;
use super::error::ServiceError;
use super::{Services, outbox, site};
use crate::domain::email::Email;
use crate::domain::user::User;
use crate::mail::letters::{Change, Circumstances, changed};
use crate::store::{WriteTxn, preferences as store_preferences};

/// Tells `user` of a change that `by` made, at the address `to`. Ring the job bell after the transaction.
pub(super) fn tell(
    services: &Services,
    w: &WriteTxn,
    user: &User,
    to: &Email,
    change: Change,
    by: By,
) -> Result<(), ServiceError> {
    let zone = store_preferences::get_preferences(w, user.id)?.zone();
    let circumstances = Circumstances {
        at: services.now().to_zoned(zone).strftime("%Y-%m-%d %H:%M %Z").to_string(),
        // Where an admin sits is not for every user.
        from: by.address.filter(|_| by.user() == Some(user.id)).map(|address| address.to_string()),
    };
    let letter = changed(&site::name_in(w)?, &user.shown_name(), change, &circumstances);
    outbox::post(services, w, change.word(), to, letter)?;
    Ok(())
}
