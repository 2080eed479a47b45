# imports
imports-title = Imports
imports-title-one = Import of { $file }
imports-crumbs = Back
imports-into = into { $dataset }

imports-upload-title = Import a file
imports-dataset = Dataset
imports-dataset-new = New dataset…
imports-dataset-hint = The new file replaces what the dataset shows. Earlier files are kept.
imports-publish-known = Publish without asking if files like it were published before and nothing in it is unusual
imports-dataset-name = Name of the new dataset
imports-dataset-wrong = The name of a dataset needs letters or digits, at most 100, and no slashes.
imports-file = Drop a file here or choose one
imports-file-hint = CSV or any text table, Excel or ODS workbook, as it is or packed (.gz, .zip); what it holds is detected.
imports-file-limit = At most { $size }.
imports-file-missing = Choose a file first.
imports-file-one = Send one file at a time.
imports-file-unnamed = The file has no name. Choose it again.
imports-file-empty = This file is empty: it holds no rows and no header. Export it again and check that the export has data.
imports-file-too-large = This file is larger than { $size }. Split it, or raise import.max_upload.
imports-upload-button = Upload and preview
imports-upload-next = Nothing is published before you have seen it.
imports-upload-cancel = Cancel upload
imports-upload-progress = Upload
imports-upload-looking = Looking at the file…
imports-upload-left = left
imports-upload-broken = The connection broke off before the file was complete, and nothing of it was kept. Check the network and send it again.

imports-history = History
imports-history-empty = No files yet
imports-history-empty-text = Drop your first export above: it is checked and shown to you before anything is published.
imports-pager = Pages of the history
imports-newer = Newer
imports-older = Older
imports-page-of = Page { $page } of { $pages }

imports-col-file = File
imports-col-dataset = Dataset
imports-col-state = State
imports-col-rows = Rows
imports-col-rejected = Rejected
imports-col-who = Who
imports-col-when = When
imports-col-line = Line
imports-col-row = Row
imports-col-column = Column
imports-col-value = Value
imports-col-reason = What is wrong
imports-col-type = Type
imports-col-format = Format
imports-col-role = Meaning
imports-col-key = Key
imports-col-facet = Facet
imports-col-hidden = Hidden
imports-col-sure = How sure
imports-col-misfits = Misfits
imports-col-examples = Examples

imports-who-site = Command line
imports-who-inbox = Drop folder
imports-who-source = Source “{ $name }”
imports-who-gone = A former user

imports-state-checking = Checking
imports-state-checked = Ready to publish
imports-state-publishing = Publishing
imports-state-published = Published
imports-state-failed = Failed
imports-state-cancelled = Cancelled
imports-state-quarantined = Quarantined

imports-changed = Your changes were not in the preview yet. They are now: look at them, then publish.
imports-elsewhere = Changed meanwhile in another tab or by somebody else: look again, nothing of yours was saved.
imports-offline = The server does not answer; trying again…
imports-replaces =
    { $n ->
        [one] Replaces the 1 row that { $dataset } shows now
       *[other] Replaces the { $before } rows that { $dataset } shows now
    }: { $before } → { $after }
imports-replaces-nothing = { $dataset } shows no rows yet.
imports-empty = Publish an empty dataset
imports-checking-title = Reading every row…
imports-checking-hint = You can already change below how the file is read.
imports-checked-title = Every row is checked
imports-publishing-title = Replacing what { $dataset } shows…
imports-leave-hint = You can leave this page: the import goes on, and this page finds it again.
imports-published-title =
    { $n ->
        [one] 1 row published in { $dataset }
       *[other] { $rows } rows published in { $dataset }
    }
imports-cancelled-title = Nothing of this file was published
imports-cancelled-text = What the dataset showed before, it still shows.
imports-cancelled-file = The file was put away as well; to go on with it, send it again.
imports-failed-title = This file could not be imported
imports-failed-text = The log has the reason.
imports-failed-kept = Nothing of this file was published. What the dataset showed before, it still shows.

imports-progress = Progress
imports-waiting-turn = Waiting for its turn…
imports-beginning = Reading the file…
imports-writing = { $rows } rows read. Writing the index…
imports-progress-rows = { $rows } rows, { $percent } %
imports-progress-rate = { $rate } rows/s
imports-progress-left = { $time } left

imports-publish =
    { $n ->
        [one] Publish 1 row
       *[other] Publish { $rows } rows
    }
imports-cancel = Cancel import
imports-again = Read this file again
imports-another = Import another file
imports-open = Open { $dataset }

imports-figure-rows = Rows
imports-figure-rejected = Rejected rows
imports-figure-problems = Problems
imports-untyped = Misfits are kept as text; they do not sort or add up as numbers or dates:
imports-problems-all =
    { $n ->
        [one] Show the problem
       *[other] Show all { $all } problems
    }
imports-problems = Show the first { $shown } of { $all } problems
imports-problems-label = Problems
imports-original = Download the file as it was sent
imports-original-gone = The file is no longer kept
imports-rejects =
    { $n ->
        [one] Download the rejected row
       *[other] Download { $rows } rejected rows
    }
imports-not-yours = Somebody else sent this file, and your account sees single owners only: its cells are not shown to you.

imports-reading-title = How the file is read
imports-busy = Updating the preview…
imports-remembers = Columns of the dataset’s last file are read as they were then.
imports-known = Files with these headers were read before; everything is as it was remembered.
imports-changed-title = The columns are not those of the last file
imports-changed-new = New: { $columns }.
imports-changed-gone = Gone: { $columns }.
imports-changed-more =
    { $n ->
        [one] 1 more
       *[other] { $n } more
    }
imports-looks-like = “{ $column }” looks like “{ $known }”.
imports-is-it = It is “{ $known }”
imports-called = is { $known }
imports-called-own = new column
imports-called-of = { $column }: which column it is
imports-as-before =
    { $n ->
        [one] 1 column is as remembered
       *[other] { $n } columns are as remembered
    }
imports-encoding = Encoding
imports-sheet = Sheet
imports-sheet-option = { $name } ({ $rows } rows, { $columns } columns)
imports-sheet-option-hidden = { $name } ({ $rows } rows, { $columns } columns, hidden)
imports-sheet-option-empty = { $name } (empty)
imports-sheet-only = The workbook has no other sheet.
imports-sheet-of = One of { $n } sheets of the workbook.
imports-member = File in the archive
imports-member-option = { $name } ({ $size })
imports-member-only = The archive has no other table.
imports-member-of = One of { $n } tables in the archive.
imports-delimiter = Delimiter
imports-delimiter-comma = Comma ,
imports-delimiter-semicolon = Semicolon ;
imports-delimiter-tab = Tab
imports-delimiter-pipe = Pipe |
imports-delimiter-tilde = Tilde ~
imports-delimiter-caret = Caret ^
imports-delimiter-space = Space
imports-header = Header
imports-header-none = No header
imports-header-row = Row { $n }
imports-owner = Owner column
imports-owner-none = None
imports-owner-hint = Its cells say which customer sees a row.
imports-owner-warning = Without an owner column only users who see every owner’s rows will see this data; customers see nothing.
imports-owner-missing = The dataset’s owner column was “{ $column }”, and this file has no such column.
imports-owner-suggested = “{ $column }” looks like it.
imports-owner-use = Use “{ $column }”
imports-shrinks = { $percent } % fewer rows than { $dataset } shows now: { $before } → { $after }. Check that the file is whole and the right one.
imports-update = Update preview

imports-sure-certain = Certain
imports-sure-likely = Likely
imports-sure-guess = Guess
imports-sure-chosen = Set by you
imports-sure-remembered = As last time
imports-sure-empty = Empty

imports-columns-title =
    { $n ->
        [one] 1 column
       *[other] { $n } columns
    }
imports-type-of = Type of { $column }
imports-format-of = Format of { $column }
imports-role-of = Meaning of { $column }
imports-role-none = –
imports-key-hint = The key columns together name a row from one import to the next.
imports-key-suggested =
    { $n ->
        [one] { $columns } is different in every row that was looked at. As the key, it lets you see what changed in a row, the history of a row, and files with just the changes.
       *[other] { $columns } together are different in every row that was looked at. As the key, they let you see what changed in a row, the history of a row, and files with just the changes.
    }
imports-key-use = Use { $columns } as the key
imports-facet-hint = Offered as a filter with counts.
imports-hidden-hint = Customers never see it.
imports-flags-hint = Key columns together name a row from one import to the next, facets are offered as filters, hidden columns are never shown to customers.
imports-misfits-of =
    { $n ->
        [one] Misfits are cells of the first row that do not parse as the column’s type.
       *[other] Misfits are cells of the first { $rows } rows that do not parse as the column’s type.
    }
imports-date-ymd = 2026-12-31
imports-date-dmy = 31.12.2026
imports-date-mdy = 12/31/2026

imports-rows-title =
    { $n ->
        [0] No rows
        [one] The first row
       *[other] The first { $n } rows
    }
imports-rows-of = of { $rows }
imports-rows-about = of about { $rows }
imports-rows-part = of about { $rows }; the first { $size } were looked at
imports-rows-none = Below the header there are no rows.
imports-row-rejected = Rejected

column-type-text = Text
column-type-code = Code
column-type-integer = Integer
column-type-decimal = Decimal
column-type-date = Date
column-type-bool = Yes/no

column-role-owner = Owner
column-role-part = Part
column-role-description = Description
column-role-lot = Lot
column-role-serial = Serial
column-role-order = Order
column-role-bin = Bin
column-role-location = Location
column-role-status = Status
column-role-quantity = Quantity
column-role-uom = Unit
column-role-expiry = Expiry
column-role-received = Received
column-role-price = Price

activity-all = All imports
activity-none = No import is at work.
activity-running =
    { $n ->
        [one] 1 import at work
       *[other] { $n } imports at work
    }
