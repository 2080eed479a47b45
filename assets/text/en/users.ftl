# Users, for those who manage them.
users-title = Customers
users-add = Add a user
users-search = Search by name or address
users-search-button = Search
users-status = Status
users-all = All
users-none = Nobody here
users-none-words = No name or address holds “{ $words }”.
users-none-status = No account has this status.
users-show-all = Show all
users-shown = { $first }–{ $last } of { $shown }
users-before = Before
users-next = Next

user-name = Name
user-status = Status
user-roles = Roles
user-sees = What they see
user-seen = Last seen
users-sort = Order by this; once more turns it round
users-order = Order
users-order-name = By name
users-order--name = By name, Z first
users-order-sign-in = Longest not signed in first
users-order--sign-in = Latest sign-in first
users-order-added = Oldest account first
users-order--added = Newest account first
users-only = What keeps them out
users-only-any = Everybody
users-only-sees-nothing = Sees 0 rows
users-only-no-password = No password yet
user-no-password = No password yet
user-no-password-title = They cannot sign in until they choose one: reset the access, and hand over a link or a slip
user-failures-badge = Wrong passwords: { $n }
user-failures-title = Somebody typed wrong passwords of late. Each one more makes the next try from an unknown device wait longer; unlock the account on its page.
user-created = Added
user-never = not yet
user-you = You
user-status-active = Active
user-status-deactivated = Deactivated
user-status-pending = Pending
user-status-unconfirmed = Unconfirmed
user-status-rejected = Rejected
user-must-change = New password due
user-sees-nothing = Sees 0 rows

user-add-title = Add a user
user-add-button = Add the user
user-save = Save
user-cancel = Cancel
user-who = Who
user-email-hint = The address to sign in with.
user-username-hint = A second name to sign in with. May stay empty.
role-customer-text = Sees the rows of their owners, without hidden columns.
role-planner-text = Edits plans.
role-operator-text = Imports files and publishes them.
role-auditor-text = Reads the audit log.
role-admin-text = May do everything: users, settings, imports, plans.
user-role-missing = Choose at least one role.

user-scope-owners = Rows of these owners only
user-owners-chosen = Chosen owners
user-owners-none = None chosen yet: this user sees no rows.
user-owner-search = Find an owner
user-owner-find = Find
user-owner-rows = { $n ->
    [one] one row
   *[other] { $count } rows
}
user-owner-unlisted = Not in the list. Choose it exactly as typed:
user-owner-no-data = No dataset names its owners yet. Type an owner exactly as the data will spell it.
user-owner-missing = Not in the data
user-owners-missing = No row names { $owners } as its owner yet: until one does, spelled exactly so, it shows this user nothing.
user-owner-no-match = No owner holds this.
user-owner-chosen = { $n ->
    [one] “{ $owner }” is chosen already: it stands above.
   *[other] All owners that hold this are chosen already.
}
user-owner-more = { $shown } of { $n } shown. Type more to narrow it down.
user-scope-all = Every owner
user-all-confirm = To confirm, type ALL or the address of the user
user-all-unconfirmed = Type ALL, or the address of the user, to confirm that they may see the rows of every owner.

user-saved = Saved.
user-saved-rights = Saved. The new roles or owners take effect at once: the user signs in again.
user-saved-merged = Somebody else changed this account meanwhile. What they changed is kept beside it.
user-self-hint = This is your own account. Change your password and your sessions under Account; another admin can deactivate it.
user-stale = Nothing was saved yet: this account was changed meanwhile by { $by },
user-stale-somebody = somebody
user-stale-theirs = Now
user-stale-yours = Yours
user-stale-same = Both changes are the same.
user-stale-next = Save once more to put yours in its place, or open the page anew to keep what is there. What only one of you changed is kept.

user-actions = Account
user-unconfirmed = Please confirm with the button.
user-deactivate-title = Deactivate
user-deactivate-question = Deactivate { $name }?
user-deactivate-text = They are signed out at once and cannot sign in until the account is activated again. Nothing is deleted.
user-deactivate-button = Deactivate
user-deactivate-done = The account is deactivated and its sessions ended.
user-activate-title = Activate
user-activate-question = Activate { $name }?
user-activate-text = They can sign in again with the password they had.
user-activate-button = Activate
user-activate-done = The account is active again.
user-reset-password-title = Reset the access
user-reset-password-question = Reset the access of { $name }?
user-reset-password-text = They are signed out at once, and their password is void. They choose a new one with a link or a code, which is good for a day.
user-reset-password-button = Reset access
user-reset-password-done = The access is reset, and a mail with a link is on its way.
user-second-factor = 2FA
user-second-factor-title = Signs in with a second factor
user-reset-second-factor-title = Reset the second factor
user-reset-second-factor-question = Reset the second factor of { $name }?
user-reset-second-factor-text = For a lost phone. Make sure who is asking: from then on the password alone signs them in. They are signed out, their recovery codes and trusted browsers are void, and they are told by mail.
user-reset-second-factor-button = Reset second factor
user-reset-second-factor-done = The second factor is reset and all sessions ended.
user-end-sessions-title = End all sessions
user-end-sessions-question = End all sessions of { $name }?
user-end-sessions-text = They are signed out everywhere at once and can sign in again.
user-end-sessions-button = End sessions
user-end-sessions-done = All sessions ended.

user-made-title = { $name } is added
user-reset-title = A new way in for { $name }
user-password-login = Sign in as
user-password-done = Done
user-password-another = Add another user
user-owner-not-chosen = “{ $owner }” is typed and not chosen: tick it in the list below the search, or empty the search.

# Accounts of the company's directory.
user-from-directory = This account comes from the company's directory. Names, roles and owners are read there at each sign-in and every few minutes, and are changed there, by its groups. Its password is kept there too.
user-directory-entry = Entry
user-directory-read = Read
user-directory-no-email = none that is free
user-directory-missing = Another account here has what the directory says about this person: { $logins }. Nobody is ever joined by a name or an address; change the other account if this person should have it, and it is taken over at the next sign-in.
user-directory-badge = Directory
user-reject-title = Turn the request down
user-reject-question = Turn down the request of { $name }?
user-reject-text = They get no account. If they confirmed their address, a mail tells them so, with your reason.
user-reject-button = Turn down
user-reject-done = The request is turned down.
user-reject-reason = Reason (the applicant reads it; may stay empty)
user-approve = Approve
user-invited = { $email } gets a mail that says how to get in.
user-waits = This account waits for you. Make sure who it is, choose roles and owners, then approve it, or turn it down below.
user-waits-unconfirmed = This account waits, and nobody proved that the address is theirs. Make sure who it is before you approve it.
way-legend = How they get in
way-mail = By mail: a link to choose a password
way-slip = On a slip that you print or read out
way-only-slip = You get a slip with a code to print or read out: this site sends no mail.
slip-give = Print this and hand it over, or read the code out. They choose a password with it.
slip-heading = Your access to { $site }
slip-for = For
slip-until = Good until
slip-qr = The same as a picture for cameras
slip-step-scan = Scan the picture with a phone, or open { $address } in a browser.
slip-step-open = Open { $address } in a browser.
slip-step-ask = Open the sign-in page of { $site } in a browser. Ask where it is if you do not know.
slip-step-code = Choose “I have a code” and type the code. Capitals and dashes do not matter.
slip-step-password = Choose a password, and sign in with it.
slip-once = The code is shown this once and kept nowhere. If it gets lost, make another one.
slip-print = Print
slips-title = { $n ->
    [one] One new way in
   *[other] { $count } new ways in
}
slips-once = The codes are shown this once and kept nowhere. Print them before you leave this page: one sheet each.
slips-mailed = { $n ->
    [one] One more account gets a link by mail.
   *[other] { $count } more accounts get a link by mail.
}
users-import = Import users
users-import-title = Users of another system
users-import-text = Choose the CSV file with the users, and with the hashes of their passwords. It is only looked at first.
users-import-file = File (CSV)
users-import-columns = The first line names the columns: email is needed; first_name, last_name, username, mobile, password_hash, owners, all_owners, roles, is_active, must_change, last_login and created_at are understood.
users-import-skip = Leave out who is there already
users-import-skip-hint = Else such a row is a problem, and nobody is added.
users-import-plain = Take plain passwords
users-import-plain-hint = From the column password. They are hashed at once and must be changed at the first sign-in.
users-import-look = Look at the file
users-import-other = Choose another file
users-import-gone = The file is not there any more. Choose it again.
users-import-would = { $n ->
    [one] One user would be added. Nothing is done yet.
   *[other] { $n } users would be added. Nothing is done yet.
}
users-import-skipped = { $n ->
    [one] One row is left out, because its user is there already.
   *[other] { $n } rows are left out, because their users are there already.
}
users-import-wrong = { $n ->
    [one] One thing is wrong with the file, so nobody is added. Mend it and choose the file again.
   *[other] { $n } things are wrong with the file, so nobody is added. Mend them and choose the file again.
}
users-import-run = { $n ->
    [one] Add this user
   *[other] Add these { $n } users
}
users-import-line = Line
users-import-column = Column
users-import-problem = What is wrong
users-import-rows = ({ $n } rows)
users-import-no-rows = No row names { $owners }.
users-import-no-password = None: reset the access later
users-import-more = And { $n } more.
users-imported = { $n ->
    [one] One user is added.
   *[other] { $count } users are added.
}

# The list: filters, and the same for many at once.
users-any-role = Any role
users-owner = Sees the rows of …
users-none-filters = Nobody fits what is chosen above.
users-give = Who is to see the rows of { $owner }? Tick them below and go on.
users-give-new = Add a new user for it
users-give-stop = Stop
bulk-choose = Choose
bulk-choose-one = Choose { $name }
bulk-page = All on this page
bulk-all = All { $n } that match
bulk-ticked = chosen
bulk-action = With the chosen …
bulk-owner = Owner, as in the data
bulk-go-on = Go on …
bulk-none = Tick at least one account.
bulk-no-action = Choose what is to be done with them.
bulk-no-owner = Name the owner.
bulk-owner-missing = No row names “{ $owner }” as its owner. Until one does, spelled exactly so, it shows nobody anything.
bulk-owner-near = Is one of these meant?
bulk-owner-accept = It is meant: the data will name this owner
bulk-owner-unmeant = No row names “{ $owner }” as its owner: choose another name, or say below that it is meant.
bulk-back = Back to the list
bulk-too-many-slips = These would be { $n } slips, and at most { $most } are made at once. Choose fewer accounts.
bulk-deactivate = Deactivate
bulk-activate = Activate
bulk-end-sessions = End all sessions
bulk-require-second-factor = Require a second factor
bulk-release-second-factor = No longer require one
bulk-give-owner = Give an owner
bulk-take-owner = Take an owner away
bulk-invite = Send the invitation again
bulk-reset-access = Reset the access
bulk-delete = Delete
bulk-deactivate-question = Deactivate { $n ->
    [one] one account
   *[other] { $count } accounts
}?
bulk-activate-question = Activate { $n ->
    [one] one account
   *[other] { $count } accounts
}?
bulk-end-sessions-question = End all sessions of { $n ->
    [one] one account
   *[other] { $count } accounts
}?
bulk-require-second-factor-question = Require a second factor of { $n ->
    [one] one account
   *[other] { $count } accounts
}?
bulk-release-second-factor-question = No longer require a second factor of { $n ->
    [one] one account
   *[other] { $count } accounts
}?
bulk-give-owner-question = Let { $n ->
    [one] one account
   *[other] { $count } accounts
} see the rows of { $owner }?
bulk-take-owner-question = Take the rows of { $owner } away from { $n ->
    [one] one account
   *[other] { $count } accounts
}?
bulk-invite-question = Send the invitation again to { $n ->
    [one] one account
   *[other] { $count } accounts
}?
bulk-reset-access-question = Reset the access of { $n ->
    [one] one account
   *[other] { $count } accounts
}?
bulk-delete-question = Delete { $n ->
    [one] one account
   *[other] { $count } accounts
}?
bulk-deactivate-text = They are signed out at once and cannot sign in until they are activated again. Nothing is deleted.
bulk-activate-text = They can sign in again with the password they had.
bulk-end-sessions-text = They are signed out everywhere at once and can sign in again.
bulk-require-second-factor-text = At their next page or sign-in they set up an app for codes before anything else.
bulk-release-second-factor-text = Who has one keeps it, and may switch it off unless the site wants it of their role.
bulk-give-owner-text = From now on they see these rows beside those they see already. They sign in again.
bulk-take-owner-text = They no longer see these rows, at once. They sign in again.
bulk-invite-text = They get a new link to choose a password; earlier ones are void.
bulk-deactivate-title = Deactivate accounts
bulk-activate-title = Activate accounts
bulk-end-sessions-title = End all sessions
bulk-require-second-factor-title = Require a second factor
bulk-release-second-factor-title = No longer require a second factor
bulk-give-owner-title = Give the rows of { $owner }
bulk-take-owner-title = Take the rows of { $owner } away
bulk-invite-title = Send the invitation again
bulk-reset-access-title = Reset the access
bulk-delete-title = Delete accounts
bulk-reset-access-text = They are signed out at once, and their passwords are void. Each chooses a new one with a link or a code, which is good for a day.
bulk-delete-text = The accounts go for good, with passwords, sessions, devices, second factors, pictures and settings. What they did stays in the audit log, with their names.
bulk-deactivate-button = Deactivate { $count }
bulk-activate-button = Activate { $count }
bulk-end-sessions-button = End their sessions
bulk-require-second-factor-button = Require it of { $count }
bulk-release-second-factor-button = No longer require it of { $count }
bulk-give-owner-button = Give it to { $count }
bulk-take-owner-button = Take it from { $count }
bulk-invite-button = Send { $count }
bulk-reset-access-button = Reset the access of { $count }
bulk-delete-button = Delete { $count } for good
bulk-deactivate-done = { $n ->
    [one] One account is deactivated.
   *[other] { $count } accounts are deactivated.
}
bulk-activate-done = { $n ->
    [one] One account is active again.
   *[other] { $count } accounts are active again.
}
bulk-end-sessions-done = { $n ->
    [one] The sessions of one account are ended.
   *[other] The sessions of { $count } accounts are ended.
}
bulk-require-second-factor-done = { $n ->
    [one] One account must have a second factor from now on.
   *[other] { $count } accounts must have a second factor from now on.
}
bulk-release-second-factor-done = { $n ->
    [one] One account no longer needs a second factor.
   *[other] { $count } accounts no longer need a second factor.
}
bulk-give-owner-done = { $n ->
    [one] One account sees this owner's rows now.
   *[other] { $count } accounts see this owner's rows now.
}
bulk-take-owner-done = { $n ->
    [one] One account no longer sees this owner's rows.
   *[other] { $count } accounts no longer see this owner's rows.
}
bulk-invite-done = { $n ->
    [one] One invitation is on its way.
   *[other] { $count } invitations are on their way.
}
bulk-reset-access-done = { $n ->
    [one] The access of one account is reset, and a mail with a link is on its way.
   *[other] The access of { $count } accounts is reset, and mails with links are on their way.
}
bulk-delete-done = { $n ->
    [one] One account is deleted. What it did stays in the audit log.
   *[other] { $count } accounts are deleted. What they did stays in the audit log.
}
bulk-not-done = { $n ->
    [one] To one account it was not done, as the page before said.
   *[other] To { $count } accounts it was not done, as the page before said.
}
bulk-nobody = Of the chosen accounts there is none to which this can be done. Nothing happens.
bulk-will = { $n ->
    [one] It is done to this account
   *[other] It is done to these { $count } accounts
}
bulk-wont = { $n ->
    [one] It is not done to this account
   *[other] It is not done to these { $count } accounts
}
bulk-more = and { $n } more
bulk-changed = Nothing was done: accounts changed since the page was shown. Look once more, then confirm.
bulk-count = These accounts go for good. Type { $n } to confirm that so many are meant.
bulk-count-wrong = Type the number of accounts that go, as it stands above the field.
bulk-why-own-account = Your own account: another admin can.
bulk-why-last-admin = The last active admin of this site: make another one first.
bulk-why-from-directory = From the company's directory: change it there.
bulk-why-already-so = It is so already.
bulk-why-out-of-reach = Sees owners that are not among yours, or would.
bulk-why-not-active = The account is not active.
bulk-why-not-deactivated = Nobody deactivated it: it waits for approval or was turned down.
bulk-why-sees-all = They see every owner: open the account to change that.
bulk-why-came-in = They have been in already, or have a password: reset the access instead.
bulk-why-no-mail = There is no mail to send it by: reset the access, and hand the slip over.
bulk-why-gone = The account is gone.

# One's own page: what is known, and more to do.
user-log-by = What they did, in the audit log
user-log-of = What was done to the account
user-log-sessions = Their sessions
user-facts = Account history
user-confirmed = Address confirmed
user-confirmed-by = by its reader
user-confirmed-never = not confirmed
user-approved = Approved
user-signed-in = Last sign-in
user-password = Password
user-password-set = set
user-password-none = none yet: they have to set one by a link or a slip
user-password-directory = the company directory's
user-second-factor-fact = Second factor
user-second-factor-on = on
user-second-factor-off = off
user-second-factor-by-admin = an admin requires it
user-second-factor-by-role = the site requires it of a role
user-second-factor-due = 2FA due
user-second-factor-due-title = Must set up a second factor before anything else
user-failures = Wrong passwords
user-failures-count = { $n ->
    [one] one within a day
   *[other] { $n } within a day
}
user-locked = The next try has to wait { $time }
user-failures-means = From a device that this account knows, its user gets in at once. Unlock forgets them.
user-by = by
user-by-gone = by { $name } (deleted)
user-by-somebody = by somebody who is not known any more
user-by-themselves = by themselves
user-by-command-line = on the command line
user-by-directory = by this site, from the company's directory
user-require-second-factor-title = Require a second factor
user-require-second-factor-question = Require a second factor of { $name }?
user-require-second-factor-text = At their next page or sign-in they set up an app for codes before anything else.
user-require-second-factor-button = Require it
user-require-second-factor-done = A second factor is required of this account.
user-release-second-factor-title = No longer require a second factor
user-release-second-factor-question = No longer require a second factor of { $name }?
user-release-second-factor-text = If they have one they keep it, and may switch it off unless the site wants it of their role.
user-release-second-factor-button = No longer require it
user-release-second-factor-done = A second factor is no longer required of this account.
user-unlock-title = Unlock
user-unlock-question = Unlock { $name }?
user-unlock-text = Wrong passwords and codes of late are forgotten, so that the next try need not wait.
user-unlock-button = Unlock
user-unlock-done = The account is unlocked.
user-delete-title = Delete
user-delete-question = Delete { $name }?
user-delete-text = The account goes for good, with password, sessions, devices, second factor, picture and settings. What it did stays in the audit log, with its name.
user-delete-directory = The company's directory still has this person: their next sign-in makes a new account. Take them out of the group there first.
user-delete-button = Delete for good
user-delete-done = The account is deleted. What it did stays in the audit log, with its name.
user-delete-type = Type { $email } to confirm
field-confirm_email = The address

user-owner-new = New
user-owners-new = { $n ->
    [one] One owner is new since { $since }.
   *[other] { $n } owners are new since { $since }.
}
user-owners-seen = Mark as seen
user-owners-gone = Of earlier files, not in the current data:
user-owner-gone = Not in the current data
user-owner-last = last { $day }
user-all-hint = This user may then see the rows of every owner, now and later.

# Who sees what.
coverage-link = Who sees what
coverage-title = Who sees what
coverage-csv = Download (CSV)
coverage-partial = You see the rows of some owners only, so that this report says nothing of the others.
coverage-all = A customer may see every owner, so that there are no rows that nobody sees.
coverage-more = And { $n } more: download the table for all of them.
coverage-datasets = Datasets
coverage-datasets-text = How many rows some active customer sees.
coverage-no-data = No dataset has been published yet.
coverage-dataset = Dataset
coverage-column = Owner column
coverage-no-column = No owner column
coverage-rows = Rows
coverage-unseen-rows = Seen by no customer
coverage-share = Covered
coverage-unseen = Rows that no customer sees
coverage-unseen-text = Owners who are given to no active customer.
coverage-unseen-none = Every owner's rows are seen by some active customer.
coverage-owner = Owner
coverage-in = In
coverage-no-owner = no owner in the file
coverage-no-owner-next = Fill the owner column in the file.
coverage-give = Give to …
coverage-new = Add a user
coverage-blind = Users who see nothing
coverage-blind-text = Active, and not one row is theirs.
coverage-blind-none = Every active user sees some rows.
coverage-blind-all = All { $n } of them
coverage-owners = Their owners
coverage-owners-none = none chosen
coverage-change = Choose owners
coverage-alike = Names written in several ways
coverage-alike-text = They differ only in spaces, case or invisible characters, and are different owners: who has one does not see the rows of the other.
coverage-alike-none = No two owner names differ only in how they are written.
coverage-spelling = As written
coverage-users = Given to
coverage-nobody = nobody
coverage-give-other = Give them { $owner }
