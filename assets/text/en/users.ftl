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
user-created = Added
user-never = not yet
user-not-seen = not signed in yet
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
user-owner-rows = { $n } rows
user-owner-unlisted = Not in the list. Choose it exactly as typed:
user-owner-no-data = No dataset names its owners yet. Type an owner exactly as the data will spell it.
user-owner-missing = Not in the data
user-owners-missing = No row names { $owners } as its owner yet: until one does, spelled exactly so, it shows this user nothing.
user-owner-no-match = No owner holds this.
user-owner-more = { $shown } of { $n } shown. Type more to narrow it down.
user-scope-all = Every owner
user-all-confirm = Yes: this user may see the rows of every owner, now and later.
user-all-unconfirmed = Confirm that this user may see the rows of every owner.

user-saved = Saved. New roles or owners take effect at once: the user signs in again.
user-self-hint = This is your own account. Change your password and your sessions under Account; another admin can switch it off.
user-stale = Nothing was saved yet: this account was changed meanwhile by { $by },
user-stale-somebody = somebody
user-stale-theirs = Now
user-stale-yours = Yours
user-stale-same = Both changes are the same.
user-stale-next = Save once more to put yours in its place, or open the page anew to keep what is there.

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
slip-step-scan = Scan the picture with a phone, or open the sign-in page.
slip-step-open = Open the sign-in page of { $site }.
slip-step-code = Choose “I have a code” and type the code. Capitals and dashes do not matter.
slip-step-password = Choose a password, and sign in with it.
slip-once = The code is shown this once and kept nowhere. If it gets lost, make another one.
slip-print = Print
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
   *[other] { $n } users are added.
}
