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
approvals-address = Address
approvals-asked = Asked
approvals-confirmed = Confirmed
approvals-unconfirmed = Not confirmed
approvals-taken = { $login } is the login of { $holder }: change it before you approve.
approvals-decide = Look and decide
approvals-decide-label = Look at { $name } and decide
approvals-resets = Forgotten passwords
approvals-resets-text = Make sure that it is them, by phone or in person, then give them a code.
approvals-give-code = Give a code
approvals-dismiss = Dismiss
approvals-dismissed = The request is gone from the list.
approvals-approved = The account is approved.
approvals-rejected = The request is turned down.
approvals-no-mail = This site sends no mail: tell people yourself what you decided, and hand codes over on a slip.
