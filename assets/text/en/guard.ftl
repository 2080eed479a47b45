# what the guard found in a file
guard-empty = The file has no rows; { $before } are live.
guard-rows-fewer = { $after } rows, and { $before } are live: { $percent } % fewer.
guard-rows-more = { $after } rows, and { $before } are live: { $percent } % more.
guard-owners-gone =
    { $n ->
        [one] 1 of { $before } owners ({ $share }) has no rows any more: their users would see nothing.
       *[other] { $after } of { $before } owners ({ $share }) have no rows any more: their users would see nothing.
    }
guard-owners-new =
    { $n ->
        [one] 1 of { $before } owners ({ $share }) had no rows before.
       *[other] { $after } of { $before } owners ({ $share }) had no rows before.
    }
guard-no-owner = The file has no column “{ $subject }”, which says whose rows they are: { $before } owners would see nothing.
guard-duplicate-keys =
    { $n ->
        [one] 1 row has the same key as another; { $before } did before.
       *[other] { $after } rows have the same key as another; { $before } did before.
    }
guard-emptied = “{ $subject }” is filled in { $after } rows, and was in { $before }.
guard-columns-gone =
    { $n ->
        [one] 1 of { $before } columns is not in the file.
       *[other] { $after } of { $before } columns are not in the file.
    }
guard-columns-new =
    { $n ->
        [one] 1 column is new.
       *[other] { $after } columns are new.
    }
guard-untyped = { $after } cells of “{ $subject }” are not what the column holds; { $before } were before.
guard-swapped-dates = { $after } of { $before } dates in “{ $subject }” seem to have day and month the other way round.
guard-lost-zeros = { $after } of { $before } codes in “{ $subject }” lost their leading zeros.
guard-scientific = { $after } codes in “{ $subject }” were written as numbers by a spreadsheet, and their last digits are lost.
guard-rejected =
    { $n ->
        [one] 1 of { $before } rows ({ $share }) could not be read.
       *[other] { $after } of { $before } rows ({ $share }) could not be read.
    }
guard-keys-gone = { $after } of { $before } rows that are live ({ $share }) are not in the file, by their key.
guard-other-dataset = These look like the columns of “{ $subject }”: { $after } of them are in the file.
guard-limit = The limit is { $limit } %.
guard-example-rows =
    { $n ->
        [one] (1 row)
       *[other] ({ $rows } rows)
    }
guard-others =
    { $n ->
        [one] and 1 other
       *[other] and { $others } others
    }
guard-others-alone =
    { $n ->
        [one] 1 that you do not see
       *[other] { $others } that you do not see
    }
guard-stop = Holds the file back
guard-note = Worth knowing
guard-anyway = Publish it anyway: I have looked at what was found
guard-held-title = Held back: look at what was found
guard-held-hint = What the dataset showed before, it still shows. Publish the file anyway, change below how it is read, or cancel it.

changes-added =
    { $n ->
        [one] row is new
       *[other] rows are new
    }
changes-changed =
    { $n ->
        [one] row changes
       *[other] rows change
    }
changes-removed =
    { $n ->
        [one] row goes
       *[other] rows go
    }
changes-unchanged =
    { $n ->
        [one] row stays as it is
       *[other] rows stay as they are
    }
changes-show = Show what changes
changes-title = What changed in { $dataset }
changes-title-import = What { $file } would change
changes-title-done = What { $file } changed
changes-against = in { $dataset }, against generation { $generation }
changes-between = generation { $before } → { $after }
changes-back-import = Back to the import
changes-back-dataset = Back to the data
changes-kind = Kind of change
changes-all = All
changes-kind-changed = Changed
changes-kind-added = New
changes-kind-removed = Gone
changes-same =
    { $n ->
        [one] 1 row is as it was
       *[other] { $rows } rows are as they were
    }
changes-no-key = Rows have no key here: a row that changed shows as one that is gone and one that is new.
changes-choose-key = Choose the key columns
changes-columns-new = New columns: { $columns }
changes-columns-gone = Columns that are gone: { $columns }
changes-search = Search these rows
changes-field = Column that changed
changes-field-any = Any column
changes-filter = Filter
changes-file = Download CSV
changes-none = Nothing changed.
changes-none-here = No such change.
changes-pager = Pages of changes
changes-earlier = Earlier
changes-later = More

# what was live, and the way back
history-title = History of { $dataset }
history-link = History and going back
history-empty = Nothing was published yet.
history-col-generation = Generation
history-col-changes = Changes
history-col-act = Go back
history-live = Live
history-first = First data
history-back-to = Back to
history-not-kept = No longer kept
history-go-back = Go back to this
history-went-back = Generation { $generation } is live again.
history-undo = Undo

# rules by which files are taken
rules-title = Import rules of { $dataset }
rules-link = Import rules
rules-back = Back to the history
rules-hint = They hold for every file of this dataset from now on.
rules-saved = Saved.
rules-save = Save rules
rules-mode = What a file is
rules-mode-replace = All of the data: rows that it does not have go
rules-mode-merge = Changes: its rows are put over those that are live, by key
rules-mode-sync = All of the rows, but not all columns: put over those that are live, and rows that it does not have go
rules-keep = Generations kept ready
rules-keep-files = Days that files are kept
rules-keep-files-hint = Files of ended imports, and the rows of them that could not be read. What came of an older file can only be shown as long as it is kept ready. The file of the live data always stays. Blank keeps all.
rules-keep-hint = Older ones are built again from their files when somebody asks for them. Blank keeps all.
rules-guard = What holds a file back
rules-guard-hint = In per cent; blank turns a rule off. What is held back replaces nothing until somebody says so.
rules-rows-fewer = Rows fewer than are live
rules-rows-more = Rows more than are live
rules-keys-gone = Live rows that are not in the file, by key
rules-owners-gone = Owners without rows any more
rules-owners-new = Owners without rows before
rules-duplicate-keys = Rows that share a key
rules-emptied = Cells of a column that became blank
rules-untyped = Cells of a column that are not what it holds
rules-rejected = Rows that cannot be read
rules-small-table = Rows of a small table
rules-small-table-hint = Tables with fewer live rows than this may change by any number of rows, keys and owners.
rules-columns-gone = Columns that are missing
rules-swapped-dates = Dates with day and month the other way round
rules-damaged-codes = Codes that lost leading zeros or became 1.23E+12
rules-wrong = Expected a whole number from 0 to { $largest }, or nothing.
changes-since-visit = since your last visit { $ago }

row-title = History of { $row }
row-open = History
row-when = When
row-what = What
row-generation = Generation
row-came = Came
row-went = Gone
row-several =
    { $n ->
       *[other] { $rows } rows have this key
    }
row-never = No such row
row-never-text = No row with this key is or was among those that you see.
row-amounts = Quantity from { $first } to { $last }, at most { $most }
row-looked-at =
    { $missing ->
        [0] The last { $n } publications were looked at.
       *[other] The last { $n } publications were looked at; the data of { $missing } of them are not at hand.
    }
