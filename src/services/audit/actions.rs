//! What events there are: the choices of a filter. A test finds an action that is not in here or has no text.

/// All actions, by group.
pub const ACTIONS: &[&str] = &[
    "session.begin",
    "session.refuse",
    "session.refuse-many",
    "session.end",
    "session.kick",
    "session.kick-all",
    "session.expire",
    "session.revoke",
    "view-as.begin",
    "view-as.end",
    "password.refuse",
    "answer.refuse",
    "code.refuse",
    "code.refuse-many",
    "request.refuse-many",
    "user.add",
    "user.import",
    "user.edit",
    "user.change",
    "user.role",
    "user.enable",
    "user.disable",
    "user.sign-up",
    "user.sign-up-again",
    "user.sign-up-expire",
    "user.confirm",
    "user.approve",
    "user.reject",
    "user.forgot",
    "user.reset",
    "user.reset-dismiss",
    "user.password",
    "user.email",
    "user.profile",
    "user.avatar",
    "user.security_question",
    "user.sessions",
    "user.distrust",
    "user.second_factor.begin",
    "user.second_factor.on",
    "user.second_factor.off",
    "user.second_factor.reset",
    "user.recovery_code",
    "user.recovery_codes",
    "dataset.add",
    "dataset.owner",
    "dataset.export",
    "import.begin",
    "import.set",
    "import.confirm",
    "import.cancel",
    "import.publish",
    "import.fail",
    "mail.resend",
    "mail.discard",
    "mail.test",
    "site.init",
    "settings.change",
    "system.bundle",
    "job.retry",
    "job.discard",
    "audit.export",
    "audit.drop",
];

/// The groups of actions, with what is in each.
pub fn groups() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for action in ACTIONS {
        let group = action.split_once('.').map_or(*action, |(group, _)| &action[..=group.len()]);
        match groups.iter_mut().find(|(known, _)| *known == group) {
            Some((_, actions)) => actions.push(action),
            None => groups.push((group, vec![action])),
        }
    }
    groups
}
