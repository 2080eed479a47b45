# Plans of production, sales and inventory.
nav-plan = Plans

plan-title = Plans
plan-crumbs = Way back
plan-name = Name
plan-description = Description
plan-days = Days
plan-shared = Seen by
plan-updated = Changed
plan-shared-planners = Planners
plan-shared-customers = Planners, and customers their own items
plan-shared-everyone = Everybody, customers their own items
plan-none = No plans
plan-none-edit = Make the first one below. It becomes the leader: the plan that counts.
plan-none-read = When a plan is shared with you, it is here.
plan-new = New plan
plan-create = Make plan
plan-first = First day
plan-first-hint = Leave both days empty to take those of the files that are imported.
plan-last = Last day
plan-leader = Leader
plan-locked = Locked
plan-archived = Archived
plan-no-days = No days yet
plan-from-to = { $first } to { $last }
plan-lines =
    { $n ->
        [one] 1 line
       *[other] { $n } lines
    }
plan-stock-outs =
    { $n ->
        [0] none runs out
        [one] 1 runs out
       *[other] { $n } run out
    }
plan-under-safety =
    { $n ->
        [0] none below its safety stock
        [one] 1 below its safety stock
       *[other] { $n } below their safety stock
    }
plan-stock-taken = begins with the stock of { $dataset }, generation { $generation }
plan-undo = Undo
plan-redo = Redo
plan-filter = Item, name, category, location
plan-by = Columns
plan-by-day = Days
plan-by-week = Weeks
plan-by-month = Months
plan-problems = Problems only
plan-all-categories = All categories
plan-all-locations = All locations
plan-more = More
plan-group = Lines together by
plan-group-not = Not put together
plan-group-category = Together by category
plan-group-location = Together by location
plan-group-none = In none
plan-all-measures = All measures
plan-page-lines = Lines
plan-page-columns = Columns
plan-show = Show
plan-before = Earlier
plan-after = Later
plan-line = Line
plan-measure = Measure
plan-production = Production
plan-sales = Sales
plan-projected = Projected
plan-reported = Reported
plan-safety = Safety stock
plan-out = Runs out:
plan-low = Below safety stock:
plan-first-out = Runs out { $day }
plan-first-low = Low { $day }
plan-opening = Begins with { $amount } ({ $from })
plan-opening-given = given
plan-opening-reported = reported
plan-opening-stock = from stock
plan-opening-nothing = nothing known
plan-cover =
    { $n ->
        [one] lasts 1 day
       *[other] lasts { $n } days
    }
plan-cover-beyond = lasts beyond { $n } days
plan-pages = Pages of lines
plan-page-before = Previous
plan-page-after = Next
plan-empty = No lines yet
plan-empty-text = Import a file below: item, date, production and sales are enough.
plan-nothing-found = No line fits
plan-cell = { $measure } of { $line }, { $day }
plan-value = Value
plan-blank = nothing
plan-save = Save
plan-cancel = Close
plan-put-back = Put back { $value }
plan-typed = typed
plan-spot-opening = What { $line } begins with
plan-spot-opening-hint = Given, it holds at the start of the line's first day. Otherwise what was last reported before the plan counts, then the stock that was taken over, then nothing.
plan-spot-opening-not = Not given any more
plan-imported = Imported: { $value }
plan-turns = What happened to this cell
plan-turns-more = And { $n } before them.
plan-turn-when = When
plan-turn-who = Who
plan-turn-what = From and to
plan-turn-undone = undone
plan-turn-redone = done again
plan-turn-gone = somebody who is deleted
plan-turn-command = the command line
plan-bucket-hint = What is produced or sold goes to the first day, and the other days are emptied; what is reported goes to the last day.
plan-conflict = Somebody else changed this cell: yours is { $yours }, theirs { $theirs }. Save again to put yours over theirs
plan-import = Import a file
plan-import-measure = What the numbers are
plan-import-all = As the columns say
plan-import-create = Make items, locations and channels that are not known yet
plan-import-file = CSV file or workbook
plan-import-hint = Long (item, date, production, sales, inventory) or wide (a column for each day). All of it is taken, or nothing.
plan-import-button = Import
plan-manage = This plan
plan-copy-name = Name of a copy, or the new name
plan-copy = Copy as scenario
plan-rename = Rename
plan-lead = Make leader
plan-lock = Lock
plan-unlock = Unlock
plan-archive = Archive
plan-unarchive = Take out of the archive
plan-delete = Delete
plan-take-stock = Take over stock

items-title = Items
items-take = Take new items from the inventory
items-filter = SKU, name, category
items-none = No items
items-none-text = Take them from the inventory, add one below, or have a file of a plan make them.
items-sku = SKU
items-name = Name
items-category = Category
items-unit = Unit
items-safety = Safety stock
items-minimum = Minimum order
items-lead = Lead time, days
items-owner = Owner
items-active = Offered for new lines
items-inactive = Not offered
items-new = New item
items-change = Change { $sku }

plan-saved = Saved
plan-saving = Saving…
plan-waits-before = Not saved when this page was left; they are sent now:
plan-signed-out = You are signed out. What you typed waits in this browser: sign in again, and come back here.
plan-history = History
plan-no-number = This is no number:
plan-worked-out = What is projected is worked out, and cannot be typed.
plan-waits = Not saved yet: no connection. It is tried again by itself.
plan-conflict-ask = Somebody else changed these cells meanwhile:
plan-mine = Put mine over theirs
plan-theirs = Keep theirs
plan-paste-ask = Cells to be changed / texts that are no numbers / cells beyond the sheet:
plan-paste-do = Change them
plan-paste-not = Change nothing
