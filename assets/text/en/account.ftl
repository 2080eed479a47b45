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
field-dates = Dates
field-numbers = Numbers
field-language = Language
field-avatar = Picture
field-question = Your question
field-answer = Answer

password-hint = At least { $n } characters, of any kind: a few words make a good one.
password-wrong = This is not your current password.

account-title = Account
account-profile = Profile
account-email-hint = An admin can change the address of your account.
account-name-directory = Your name comes from your company's directory and is changed only there.
account-name-hint = Shown to other people here.
account-username-hint = A second name to sign in with. May stay empty.
account-login-password-hint = Only needed for a new user name or mobile number.
account-avatar-button = Use this picture
account-avatar-remove = Remove the picture
account-avatar-hint = PNG, JPEG, WebP or GIF of at most { $most }. Its middle is kept, { $side } pixels wide, and nothing else of the file.
account-avatar-missing = Choose a picture first.
account-avatar-too-large = The picture is larger than { $most }. Make it smaller and try again.
account-save = Save
account-password = Password
account-password-text = A new password signs you out everywhere but here.
account-password-button = Change password
account-look = Look
account-look-button = Save
account-as-site = As the site ({ $value })
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
account-done-sessions = All other sessions ended, and other browsers are asked for a code again.
account-done-avatar = Your picture is saved.
account-done-avatar-removed = Your picture is removed.
account-done-question = Your question is saved.
account-done-question-removed = Your question is removed.
account-done-second-factor-off = Your second factor is off. All other sessions ended.
account-done-distrust = The browser is asked for a code again.

account-question = Security question
account-question-text = Asked after a code when you set a new password, as one more thing and never in place of the code.
account-question-hint = One whose answer you will not forget and others cannot look up.
account-answer-hint = Capitals and spaces do not matter. Kept like a password: nobody can read it.
account-question-remove = Remove the question

account-data = Your data
account-data-text = Your account, preferences, sessions and what was noted about you, as a JSON file. Passwords and codes are not in it.
account-data-button = Download my data

prove-password = Type your current password.
prove-sign-in-anew = Your password is your company's. To go on, sign out and in again, and come back within five minutes.

account-session-second-factor = With a code
session-factor-app = A code of the authenticator app
session-factor-recovery = A recovery code
session-factor-trusted = A browser that is trusted

account-second-factor = Second factor
account-second-factor-text = A code from your phone beside the password: whoever learns your password still cannot sign in.
second-factor-on = On
second-factor-off = Off
second-factor-since = On since
second-factor-codes-left = Recovery codes
second-factor-left = { $left } of { $of } left
second-factor-few-codes = Time for new ones
second-factor-begin = Set it up
second-factor-title = Set up a second factor
second-factor-text = An app on your phone or computer shows a code of six digits that is new every 30 seconds. When you sign in, you type it after the password.
second-factor-apps = Any authenticator app will do: Aegis, FreeOTP, Google or Microsoft Authenticator, 1Password, Bitwarden, KeePassXC.
second-factor-required-text = Your role needs a second factor on this site.
second-factor-scan = Scan this with the app
second-factor-qr = QR code with the secret that stands below it as text
second-factor-type = Or type this secret into it
second-factor-type-hint = Spaces do not matter. It counts time, six digits, 30 seconds.
second-factor-open = Open it in an app on this device
second-factor-prove = Type the code that the app shows
second-factor-confirm = Switch it on
second-factor-back = Back to the account
second-factor-is-on = Your second factor is on. All other sessions ended.
second-factor-off-title = Switch off the second factor
second-factor-off-text = From then on your password alone signs you in. Your recovery codes are void, and no browser is trusted any more.
second-factor-off-required = Your role needs one: you will be asked to set up another at once. This is the way to change to a new phone.
second-factor-off-button = Switch it off

recovery-title = Recovery codes
recovery-text = Each of them signs you in once when you do not have the app. Print them or write them down, and keep them apart from your phone.
recovery-once = They are shown this once. If you lose them, make new ones; these are void then.
recovery-print = Print
recovery-copy = Copy
recovery-done = I have them safe
recovery-renew-title = New recovery codes
recovery-renew-text = You get ten new codes. The old ones are void at once.
recovery-renew-button = New recovery codes

trusted-title = Trusted browsers
trusted-until = asked for no code until
trusted-end = End
trusted-end-label = End the trust in { $device }
trusted-end-all = End all

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
