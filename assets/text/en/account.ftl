# Fields of several pages, and one's own account.
form-wrong = { $label } { $reason }
field-code = Set-up code
field-site_name = Name of the site
field-email = Email
field-first_name = First name
field-last_name = Last name
field-mobile = Mobile number
field-username = User name
field-role = Role
field-owner = Owner
field-password = Password
field-current_password = Current password
field-new_password = New password
field-time_zone = Time zone
field-theme = Theme
field-density = Density

password-hint = At least { $n } characters, of any kind: a few words make a good one.
password-wrong = This is not your current password.

account-title = Account
account-profile = Profile
account-email-hint = An admin can change the address of your account.
account-name-hint = Shown to other people here.
account-save = Save
account-password = Password
account-password-text = A new password signs you out everywhere but here.
account-password-button = Change password
account-look = Look
account-look-button = Save
account-zone-system = As the server ({ $zone })
account-zone-hint = Times are shown in it. Dates such as expiry have no zone.
density-compact = Compact
density-normal = Normal
density-comfortable = Comfortable

account-sessions = Where you are signed in
account-sessions-text = End what you do not know, then change your password.
account-session-device = Device
account-session-address = Address
account-session-seen = Last seen
account-session-begun = Signed in
account-session-this = This one
account-session-end = End
account-session-end-label = End the session of { $device }
account-sessions-end-others = End all others
account-unknown-device = Unknown browser
account-device = { $browser } on { $system }

account-done-name = Your name is saved.
account-done-password = Your password is changed. All other sessions ended.
account-done-preferences = Saved.
account-done-session = The session ended.
account-done-sessions = All other sessions ended.

change-title = Set a new password
change-text = Your password was set by somebody else. Choose one that only you know; then you can go on.
change-current-hint = The one you just signed in with.
change-button = Set it and go on
account-sign-in = Sign-in
account-password-directory = Your password is the one of your company, and is changed there.
account-done-email = Your address is changed. You are signed out everywhere else.
field-new_email = New email
password-code-first = Type your present password. Then a code goes to { $email }.
password-code-send = Send the code
password-code-sent = A code is on its way to { $email }. It is good for ten minutes.
password-code-wrong = This is not the code.
password-code-void = This code is used up or too old. Begin anew for another one.
email-change-title = Change email
email-change-text = Your account has the address { $email }. Codes go to it and to the new one: it takes both.
email-change-send = Send the codes
email-codes-text = Two codes are on their way, one to each address. They are good for ten minutes.
email-code-for = Code sent to { $email }
email-change-button = Change the address
email-codes-void = These codes are used up or too old. Begin anew for others.
strength-label = Strength of the password
strength-short = { $n ->
    [one] One more character is needed.
   *[other] { $n } more characters are needed.
}
strength-guessed = Easily guessed. { $why }
strength-good = Good enough. Longer is better.
strength-better = Good.
strength-best = Very good.
