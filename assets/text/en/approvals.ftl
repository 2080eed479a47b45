# What waits for an admin.
nav-approvals = Approvals
nav-waiting = { $n ->
    [one] one waits
   *[other] { $n } wait
}
approvals-title = Approvals
approvals-none = Nothing waits for you
approvals-none-text = Accounts that people ask for, and forgotten passwords that need an admin, are listed here.
approvals-accounts = Accounts that were asked for
approvals-accounts-text = Make sure who it is, choose what they may see, and let them in or turn them down.
approvals-address = Email
approvals-no-rows = No owner is chosen, so that they see no rows yet. Choose owners, or say below that they are let in without.
approvals-accept-no-rows = Let them in without rows
approvals-asked = Asked
approvals-confirmed = Confirmed
approvals-unconfirmed = Not confirmed
approvals-taken = { $login } is the login of { $holder }: change it before you approve.
approvals-decide = Decide
approvals-decide-label = Look at { $name } and decide
approvals-resets = Forgotten passwords
approvals-resets-text = Make sure that it is them, by phone or in person, then give them a code.
approvals-give-code = Give a code
approvals-dismiss = Dismiss
approvals-dismiss-many = Dismiss the chosen
approvals-dismissed = { $n ->
    [0] What you chose was gone from the list already.
    [one] The request is gone from the list.
   *[other] { $n } requests are gone from the list.
}
approvals-approved = The account is approved.
approvals-rejected = The request is turned down.
approvals-no-mail = This site sends no mail: tell people yourself what you decided, and hand codes over on a slip.
approvals-decide-title = { $name } asks for an account
approvals-change = Change name, address or logins first
approvals-stale = Nothing was done yet: this account was changed meanwhile. Look at it, and approve it once more.
approvals-none-chosen = Tick at least one account.
approvals-many = Decide on the chosen …
approvals-many-title = { $n ->
    [one] Decide on one account
   *[other] Decide on { $n } accounts
}
approvals-many-approve = { $n ->
    [one] Approve it
   *[other] Approve all { $n }
}
approvals-many-reject-title = Or turn them all down
approvals-many-reject = { $n ->
    [one] Turn it down
   *[other] Turn down all { $n }
}
approvals-many-approved = { $n ->
    [one] One account is approved.
   *[other] { $n } accounts are approved.
}
approvals-many-rejected = { $n ->
    [one] One request is turned down.
   *[other] { $n } requests are turned down.
}
approvals-whose = Whose rows they see
approvals-same = The same for all of them, as chosen here
approvals-each = Each their own, as typed below
approvals-own-owners = Owners of { $name }, one a line
approvals-missing = No row names { $owners } as its owner: mend the spelling, or say below that it is meant.
approvals-accept-missing = It is meant: the data will name these owners
approvals-all-unconfirmed = Type ALL to confirm that all of them may see the rows of every owner.
