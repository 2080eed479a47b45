tokens-title = Tokens of programs
tokens-text = A program sends a token instead of a password, to the API alone. It may do what you may, as far as the token is for it; a new password or other rights end all of them.
tokens-docs = What the API offers
tokens-none = No token yet
tokens-none-text = Make one for each program that works for you, so that each can be revoked by itself.
tokens-name = Name
tokens-scopes = For
tokens-used = Last used
tokens-unused = not yet
tokens-expires = Ends
tokens-endless = When revoked
tokens-over = ended
tokens-revoke = Revoke
tokens-revoke-label = Revoke { $name }
tokens-revoked = The token was revoked. It opens nothing from now on.
tokens-made = The token “{ $name }” was made.
tokens-made-text = Copy it now: it is not shown again.
tokens-copy = Copy
tokens-new = New token
tokens-make = Make token
tokens-name-hint = Where it will be used: ERP export, spreadsheet, label printer.
tokens-days =
    { $n ->
        [one] In 1 day
       *[other] In { $n } days
    }
token-field-token_name = Name
token-field-scope = What it is for
token-field-days = Ends
token-scope-read = Read what you see
token-scope-import = Upload and publish files
token-scope-plans = Change plans
token-scope-users = Manage users
token-scope-site = Settings and sources
token-scope-audit = Read the audit log
account-tokens = Tokens of programs
account-tokens-text = For programs that read or bring data for you.
account-tokens-button = Tokens
