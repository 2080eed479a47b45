# Asking for an account, and confirming one's address.
sign-up-title = Sign up
sign-up-button = Sign up
sign-up-have = You have an account?
sign-up-link = Sign up
sign-up-none = No account yet?
sign-up-mobile-hint = With the country in front, like +49 151 23456789.
sign-up-generated = You will get a password by mail, and choose your own when you first sign in.
sign-up-waits-title = Your request has arrived
sign-up-waits-text = An admin of this site looks at it now. Once they let you in, you can sign in with the password that you chose.
sign-up-sent-title = Look into your mails
sign-up-sent-text = We sent a mail to the address that you gave. Open the link in it within half an hour, or type the code from it here. Where several were asked for, the links in the earlier mails are good too.
sign-up-sent-help = Nothing there? Look among unwanted mails, or
sign-up-anew = sign up with another address.
code-label = Code from the mail
code-button = Go on
code-resend = Send another mail
code-resent = Another mail is on its way.
code-wrong = This is not the code. { $left ->
    [one] One try is left.
   *[other] { $left } tries are left.
}
code-void = No code can be typed here any more. Ask for another mail.
confirm-title = Confirm your address
confirm-text = An account was asked for with this address.
confirm-name = Name
confirm-button = Yes, this is my address
confirm-password = The account was asked for in another browser. Look whether this is what you want to be called, and set its password here; it may be the one that you chose there.
confirm-help = If you did not ask for it, close this page: nothing happens.
confirm-taken = Not quite yet: somebody else has what you wanted to be called. Choose another below.
confirm-still-taken = Somebody has this one too. Choose another below.
confirm-username-taken = The user name { $name } is somebody else's.
confirm-mobile-taken = The number { $number } belongs to another account.
confirmed-ready-title = Your account is ready
confirmed-ready-text = Your address is confirmed. Sign in with your password.
confirmed-mailed-title = Your account is ready
confirmed-mailed-text = Your address is confirmed, and a password is on its way to it. It is good for one sign-in within a day.
confirmed-waits-title = Your address is confirmed
confirmed-waits-text = An admin of this site looks at your request now. You will get a mail as soon as they decide.
confirmed-exists-title = You have an account already
confirmed-exists-text = There is an account with this address. Sign in, or ask for a new password if you forgot it.
form-is-missing = is missing
form-optional = { $label } (may stay empty)
sign-up-answer-hint = Asked after a code when you forget your password, as one more thing.
