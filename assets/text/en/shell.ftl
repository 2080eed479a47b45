# What stands around every page.
shell-skip = Skip to content
shell-skip-to-rows = Skip to the rows
shell-search = Search the inventory
shell-search-placeholder = Search parts, lots, POs, bins…
shell-activity = Activity
shell-sign-out = Sign out
shell-read-only = This site is read-only just now: everything can be looked at and downloaded, and nothing can be changed.
shell-insecure = This site is served over plain HTTP: passwords and stock travel readable through your network. Turning encryption on takes two minutes: restart the server with --tls auto, then open /trust on each device.
shell-insecure-how = Step by step

nav-label = Main
nav-inventory = Inventory
nav-imports = Imports
nav-users = Customers
nav-mail = Mail
nav-directory = Directory
nav-account = Account

keys-title = Keyboard shortcuts
keys-close-button = Close
keys-everywhere = Everywhere
keys-search = Go to the search
keys-sheet = Show these keys
keys-close = Close a menu or dialog
keys-rows = In the inventory’s rows
keys-move = Go from cell to cell
keys-screen = A screen up or down
keys-row-ends = First or last cell of the row
keys-table-ends = First or last row
keys-copy-cell = Copy the cell
keys-copy-row = Copy the row
keys-width = Make the column narrower or wider
keys-sort-more = On a column’s name: sort by it as well
keys-plan = In a plan’s sheet
keys-plan-move = Go from cell to cell; digits begin to type
keys-plan-range = Choose a range
keys-plan-edit = Change what is in the cell
keys-plan-down = Change it; while typing: save and go down
keys-plan-right = Go right; while typing: save first
keys-plan-copy = Copy and paste, also from and to a spreadsheet
keys-plan-fill-down = Fill the range from its first row
keys-plan-fill-right = Fill the range from its first column
keys-plan-empty = Empty the range
keys-plan-undo = Undo, and do again
keys-chart = In a plan’s chart
keys-chart-day = Values of the day before or after
keys-chart-ends = Values of the first or last day

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
seen-all = Every owner's rows
seen-none = No rows yet
seen-more = { $owners } and { $more } more

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
