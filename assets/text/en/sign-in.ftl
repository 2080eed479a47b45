# Signing in and out.
sign-in-title = Sign in
sign-in-login = Email or user name
sign-in-password = Password
sign-in-button = Sign in
sign-in-help = No account, or no password any more? The office that gave you this address can help.
sign-in-trap = Leave this empty
sign-in-wrong = The email, user name or password is wrong.
sign-in-missing = Type both your email address or user name and your password.
sign-in-stale = This page was open for too long, or your browser keeps no cookies. Please try once more.
sign-in-ended = Your session has ended. Sign in to go on where you were; what you had typed and not saved is gone.
sign-in-signed-out = You are signed out.
sign-in-throttled = Too many tries. You can try again in { $seconds } s.
sign-in-waited = You can try again now.
