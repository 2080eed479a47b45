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
plan-lines-head = Lines
plan-copied-from = Copied from { $name }
plan-settings-named = Settings of { $name }
plan-archive-title = Archive
plan-deleted = { $name } was deleted.
plan-restored = { $name } is back.
plan-deleted-title = Deleted plans
plan-deleted-at = Deleted
plan-deleted-until = Can be brought back until
plan-bring-back = Bring back
plan-bring-back-named = Bring { $name } back
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
plan-today = Today
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
plan-opening-given-for = given for { $day }, with what moves between
plan-opening-reported = reported on { $day }, and what moved since
plan-opening-stock = from stock
plan-opening-nothing = nothing known
plan-cover =
    { $n ->
        [one] lasts 1 day
       *[other] lasts { $n } days
    }
plan-cover-beyond = lasts beyond { $n } days
plan-cover-hint = For how many days the stock at the end of today, or of the first day, covers the sales that follow: sales alone, nothing produced. What is produced is counted in the projected stock.
plan-pages = Pages of lines
plan-page-before = Previous
plan-page-after = Next
plan-empty = No lines yet
plan-empty-text = Import a file below (item, date, production and sales are enough), or add lines one by one and type their values.
plan-no-days-text = The lines are there. Give the plan its first and last day under Settings, or import a file that has them.
plan-line-add = Add a line
plan-line-add-hint = The item by its SKU. Location and channel can stay empty: then the line stands for all of them. The starting inventory is the stock at the start of the plan's first day.
plan-line-added = The line { $line } was added.
plan-line-removed = The line was removed.
plan-line-remove = Remove this line
plan-line-remove-question = Remove the line { $line }?
plan-line-remove-text =
    { $n ->
        [0] It has no values. What it begins with goes with it.
        [one] 1 value that was imported or typed, and what the line begins with, go with it. This cannot be undone.
       *[other] { $n } values that were imported or typed, and what the line begins with, go with it. This cannot be undone.
    }
plan-nothing-found = No line fits
plan-cell = { $measure } of { $line }, { $day }
plan-value = Value
plan-blank = nothing
plan-save = Save
plan-cancel = Close
plan-put-back = Put back { $value }
plan-put-back-nothing = Leave blank as imported
plan-typed = typed
plan-spot-opening = What { $line } begins with
plan-spot-opening-hint = What is typed here holds at the start of the plan's first day, also when the plan gets other days. Otherwise what was last reported before the plan counts, then the stock that was taken over, then nothing.
plan-spot-opening-not = Not given any more
plan-was-imported = Imported: { $value }
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
plan-undo-left =
    { $n ->
        [one] That was done but for 1 cell, which somebody else changed since and which stays as it is: { $names }.
       *[other] That was done but for { $n } cells, which somebody else changed since and which stay as they are, such as { $names }.
    }
plan-conflict = Somebody else changed this cell: yours is { $yours }, theirs { $theirs }. Save again to put yours over theirs
plan-import = Import a file
plan-import-measure = What the numbers are
plan-import-all = As the columns say
plan-import-numbers = Numbers are written
plan-import-numbers-file = As the file shows
plan-import-create = Make items, locations and channels that are not known yet
plan-import-outside = Keep values on days that the plan does not have
plan-import-file = CSV file or workbook
plan-import-hint = Long (item, date, production, sales, inventory) or wide (a column for each day). All of it is taken, or nothing.
plan-import-button = Import
plan-imported = The file was read. Rows: { $rows }, values: { $values }. Lines: { $of_lines }, of them new: { $new_lines }. New items: { $new_items }.
plan-imported-outside =
    { $n ->
        [one] 1 value lies on a day that this plan does not have. It is kept, but not shown; to see it, widen the days under Settings.
       *[other] { $count } values lie on days that this plan does not have. They are kept, but not shown; to see them, widen the days under Settings.
    }
plan-imported-over =
    { $n ->
        [one] 1 cell still shows what was typed over it.
       *[other] { $count } cells still show what was typed over them.
    }
plan-imported-unknown =
    { $n ->
        [one] 1 column of the file says nothing here, and was not read.
       *[other] { $count } columns of the file say nothing here, and were not read.
    }
plan-imported-left-out =
    { $n ->
        [one] 1 record of the file was left out: it reads like a total, a note or the header again.
       *[other] { $count } records of the file were left out: they read like totals, notes or the header again.
    }
plan-imported-rounded =
    { $n ->
        [one] 1 value of the workbook has more than 6 digits after the point, and was rounded to them.
       *[other] { $count } values of the workbook have more than 6 digits after the point, and were rounded to them.
    }
plan-settings = Settings
plan-settings-of = What it is and shows
plan-bucket = Columns at first
plan-days-follow = The days follow the files that are imported: { $days }. Fill in both to set them.
plan-days-fixed = Empty both to take the days of what is imported.
plan-days-outside = Values on other days are kept, but neither shown nor counted. What was given as a starting inventory holds on the day that it was given for. What lines begin with from a report or from the stock is that of the first day: after a change of that day, check it.
plan-outside =
    { $n ->
        [one] 1 value, on { $first }, lies outside the days of this plan. It is kept, but neither shown, counted nor exported; to have it back, widen the days.
       *[other] { $count } values, from { $first } to { $last }, lie outside the days of this plan. They are kept, but neither shown, counted nor exported; to have them back, widen the days.
    }
plan-sharing-planners = Planners
plan-sharing-planners-text = Planners and admins, as far as they see the owners of items.
plan-sharing-customers = Planners and customers
plan-sharing-customers-text = Customers too, each the lines of their own items, to read.
plan-sharing-everyone = Everybody who signs in
plan-sharing-everyone-text = Each the lines of their own items and of those that are nobody's, to read. What was taken over from stock of items that are nobody's is forgotten then, because owners may have parts in it; taken over again, it is what the inventory gives to nobody.
plan-opens-with-stock = Begin with the stock that was taken over
plan-opens-with-stock-text = For lines that give no starting inventory and report none before the first day. Without it they begin with zero.
plan-saved-now = Saved now: { $value }
plan-archived-text = This plan is archived. Take it out of the archive to change it.
plan-locked-text = This plan is locked. Unlock it to change it, or copy it as a scenario.
plan-limited-text = You see items of some owners. Days, sharing and what is done with the plan as a whole are for those who see every owner.
plan-part-leader = Leader
plan-lead-text = The leader is the plan that counts. Where this one takes over, the one that leads now does no more.
plan-lead = Make leader
plan-lock-text = This plan leads: it can be neither archived nor deleted. Locked, it takes no changes either, and stays the leader.
plan-lock = Lock
plan-unlock-text = This plan leads and is locked.
plan-unlock = Unlock
plan-part-stock = Stock
plan-stock-by = { $dataset }, generation { $generation }, taken over by { $who }
plan-stock-none = No stock was taken over yet.
plan-stock-without-place =
    { $n ->
        [one] The location of 1 line is none of those in { $dataset }: the line begins with nothing known. Where a thing lies is read from the column that the import calls the location.
       *[other] The locations of { $count } lines are none of those in { $dataset }: the lines begin with nothing known. Where a thing lies is read from the column that the import calls the location.
    }
plan-stock-text = What is taken over stays as it is, for everybody, until somebody takes it over again.
plan-stock-of = Dataset
plan-stock-nowhere = No inventory has been imported yet.
plan-take-stock = Take over stock
plan-by-command-line = the command line
plan-by-unknown = an account that was deleted
plan-part-copy = Scenario
plan-copy-text = A copy begins with what this plan shows now; each changes apart from the other then.
plan-copy-name = Name of the copy
plan-copy = Copy as scenario
plan-part-leave = Archive and deletion
plan-leave-text = An archived plan is listed apart and takes no changes. A deleted one can be brought back for a week.
plan-archive = Archive
plan-unarchive = Take out of the archive
plan-delete = Delete
plan-delete-question = Delete { $name }?
plan-delete-text = Its lines, what was imported and typed, and its history go with it. For { $days } days the list of plans can bring it back.
plan-open = Open its sheet
plan-done-save = Saved.
plan-done-copy = This is the copy.
plan-done-lead = This plan leads now.
plan-done-lock = The leader is locked.
plan-done-unlock = The leader is unlocked.
plan-done-archive = The plan is in the archive.
plan-done-unarchive = The plan is out of the archive.
plan-done-stock = The stock was taken over.
field-description = Description
field-first = First day
field-last = Last day
field-bucket = The choice of columns
field-shared_with = The choice of who sees it
field-copy_name = Name of the copy
field-act = The button
field-file = The file
field-value = Value
field-item = Item
field-location = Location
field-channel = Channel
field-starting_inventory = Starting inventory
field-line = The line
field-measure = The measure
field-date = The date
field-sku = SKU
field-category = Category
field-unit = Unit
field-safety_stock = Safety stock
field-minimum_order = Minimum order
field-lead_time_days = Lead time

items-title = Items
items-take = Take new items from the inventory
items-filter = SKU, name, category
items-lists = Lists
items-pages = Pages of the list
items-offered = Offered for new lines or not
items-offered-any = Offered or not
items-offered-yes = Offered
items-category-any = Every category
items-show-all = Show all
items-nothing-found = Nothing found
items-none = No items
items-none-text = Take them from the inventory, make one, or have a file bring them.
items-saved = { $key } was saved.
items-deleted = { $key } was deleted.
items-taken =
    { $n ->
        [0] The inventory has no part that is no item yet.
        [one] 1 new item was taken from the inventory.
       *[other] { $count } new items were taken from the inventory.
    }
items-imported = { $rows } rows were read: { $added } are new, { $changed } changed.
items-delete-question = Delete { $key }?
items-delete-text = What a plan is about stays. What is deleted is gone for good; what may be needed again is better taken out of what is offered for new lines.
items-import = Import a CSV file
items-import-file = CSV file
items-import-hint = Columns: { $columns }. The first one is needed; what a file has no column for stays as it is. Entries with the same key are changed, others are made. All of it is taken, or nothing.
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
lists-locations = Locations
lists-channels = Channels
lists-customers = Customers
lists-code = Code
lists-filter = Code, name
lists-new = New entry
lists-none = Nothing in this list yet
lists-none-text = Make an entry, bring a file, or have a file of a plan make them.
lists-limited = This list is that of every owner. Your account sees the items of some, and so reads it.
items-change = Change { $sku }

plan-saved = Saved
plan-saving = Saving…
plan-waits-before = Not saved when this page was left; they are sent now:
plan-signed-out = You are signed out. What you typed is not saved yet and waits in this browser for you alone: sign in again, and it is sent.
plan-sign-in = Sign in
plan-undo-but = Done, but for cells that somebody else changed since, which stay as they are:
plan-history = History
plan-no-number = This is no number:
plan-worked-out = What is projected is worked out, and cannot be typed.
plan-waits = Not saved yet: no connection. It is tried again by itself.
plan-conflict-ask = Somebody else changed these cells meanwhile:
plan-is-mine = yours
plan-is-theirs = theirs
plan-mine = Put mine over theirs
plan-theirs = Keep theirs
plan-paste-cells = Cells to be changed:
plan-paste-strange = Texts that are no numbers and would be left out:
plan-paste-beyond = Cells beyond the sheet, or of projected stock, that would be left out:
plan-paste-do = Change them
plan-paste-not = Change nothing

plan-chart = Chart
plan-chart-line = Chart of { $line }
plan-chart-date = Date
plan-chart-out = Below zero
plan-chart-more = { $names } and { $n } more
plan-chart-said = { $title }, { $first } to { $last }: production { $production }, sales { $sales }; projected stock is lowest on { $day } with { $lowest } and ends at { $closing }.
plan-chart-none = Nothing to draw
plan-chart-none-text = A chart needs a line with days. Choose a line of the sheet.
plan-chart-in = Fewer days
plan-chart-out-more = More days
plan-chart-all = All days
plan-chart-table = Show as table
plan-chart-each-week = { $measure }, each week
plan-chart-each-month = { $measure }, each month
plan-chart-by-week = Weeks are drawn: there are too many days for one chart.
plan-chart-by-month = Months are drawn: there are too many days or weeks for one chart.
plan-chart-unknown =
    { $n ->
        [one] 1 of the lines asked for is none of this plan, and is not drawn.
       *[other] { $n } of the lines asked for are none of this plan, and are not drawn.
    }
plan-chart-beyond = The first { $most } of the { $n } lines asked for are drawn: one chart adds up no more. Ask for fewer lines.
plan-chart-outside = The plan has no day from { $from } to { $to }. All its days are drawn.
plan-chart-units = Lines that are counted in different units have a chart each, { $n } at most.
plan-chart-hint = Drag over days to look closer. Arrow keys go from day to day.
plan-chart-failed = The chart could not be loaded. Try again, or load the page anew.
plan-chart-no-png = The browser could not make a picture. Take the SVG file instead.

plan-passed-over =
    { $n ->
        [one] This address says something that cannot be read: { $names }. What follows is without it. Days are written like 2026-11-21.
       *[other] This address says things that cannot be read: { $names }. What follows is without them. Days are written like 2026-11-21.
    }

plan-tabs = Ways to look at this plan
plan-tab-sheet = Sheet
plan-tab-overview = Overview
plan-tab-compare = Compare
plan-tab-accuracy = Accuracy

plan-sort = Order by this
plan-spark = Stock
plan-opening-column = Opening
plan-closing = Closing
plan-lowest = Lowest
plan-out-column = Runs out on
plan-low-column = Low from
plan-cover-column = Days it lasts
plan-cover-more = over { $n }
plan-gap = Gap
plan-all-lines = Show all lines

plan-sheet-file = As seen (XLSX)
plan-sheet-file-hint = A workbook of these lines, with their days, weeks or months beside each other

plan-compare-with = Compare with …
plan-compare-item = SKU of one item
plan-compare-show = Compare
plan-compare-none = Nothing beside it yet
plan-compare-choose = Choose another plan above.
plan-compare-copy = There is no other plan. A copy made on the sheet is a scenario to compare with.
plan-compare-lines =
    { $n ->
        [one] 1 line differs
       *[other] { $n } lines differ
    }
plan-compare-same =
    { $n ->
        [one] 1 is the same
       *[other] { $n } are the same
    }
plan-compare-cells =
    { $n ->
        [one] 1 cell differs
       *[other] { $count } cells differ
    }
plan-compare-equal = Both plans say the same
plan-compare-totals = Totals of all lines
plan-compare-more = Difference
plan-compare-lines-title = Lines that differ
plan-compare-cells-column = Cells
plan-compare-cells-title = Cells that differ
plan-compare-pages = Pages of cells
plan-compare-only = Only in { $plan }
plan-compare-later =
    { $n ->
        [one] 1 day later
       *[other] { $n } days later
    }
plan-compare-earlier =
    { $n ->
        [one] 1 day earlier
       *[other] { $n } days earlier
    }
plan-compare-sign = A difference is { $other } less { $one }.

plan-accuracy-from = From
plan-accuracy-to = To
plan-accuracy-show = Show
plan-accuracy-days = Reported from { $first } to { $last }
plan-accuracy-lines =
    { $n ->
        [one] 1 line was reported
       *[other] { $n } lines were reported
    }
plan-accuracy-unreported =
    { $n ->
        [one] 1 was not
       *[other] { $n } were not
    }
plan-accuracy-totals = By unit
plan-accuracy-by-line = By line, those first that are furthest off
plan-accuracy-lines-column = Lines
plan-accuracy-no-unit = No unit
plan-accuracy-count = Days
plan-accuracy-zero = ({ $n } of zero)
plan-accuracy-bias = Bias
plan-accuracy-mape = MAPE
plan-accuracy-wape = WAPE
plan-accuracy-mean = Over all units the mean MAPE of lines is { $mape }.
plan-accuracy-none = Nothing to compare with
plan-accuracy-none-text = Once stock is reported for days of this plan, it stands here beside what was projected.
plan-accuracy-hint = Bias is the mean of projected less reported stock: above zero, the plan promised more than there was. MAPE is the mean error of a day as a part of what was reported, without days that reported zero; by unit it is the mean of its lines. WAPE is all errors as a part of all that was reported.
