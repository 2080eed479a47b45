# What stands around every page.
shell-skip = Skip to content
shell-search = Search the inventory
shell-search-placeholder = Search parts, lots, POs, bins…
shell-activity = Activity
shell-sign-out = Sign out
shell-insecure = This site is served over plain HTTP: passwords and stock travel readable through your network. Put a TLS proxy in front and set server.public_url to its https address.

nav-label = Main
nav-inventory = Inventory
nav-imports = Imports
nav-users = Users
nav-mail = Mail
nav-account = Account

theme-legend = Theme
theme-system = System
theme-light = Light
theme-dark = Dark

role-customer = Customer
role-planner = Planner
role-operator = Operator
role-auditor = Auditor
role-admin = Admin

scope-all = Sees every owner's rows
scope-none = Sees no rows yet
scope-owners = Sees { $owners }
scope-owners-more = Sees { $owners } and { $more } more

session-ending-title = Your session is about to end
session-ending-text = Nothing was done for a while. You will be signed out in
session-extend = Stay signed in

form-show = Show

error-request-id = Request { $id }
error-retry-after =
    { $n ->
        [one] Try again in a second.
       *[other] Try again in { $n } seconds.
    }
error-home = To the start
error-again = Try again
error-copy = Copy

ago-now = just now
ago-minutes = { $n } min ago
ago-hours = { $n } h ago
ago-days =
    { $n ->
        [one] 1 day ago
       *[other] { $n } days ago
    }
