# what the guard found in a file
guard-empty = The file has no rows; { $before } are live.
guard-rows-fewer = { $after } rows, and { $before } are live: { $percent } % fewer.
guard-rows-more = { $after } rows, and { $before } are live: { $percent } % more.
guard-owners-gone =
    { $n ->
        [one] 1 of { $before } owners has no rows any more: their users would see nothing.
       *[other] { $after } of { $before } owners have no rows any more: their users would see nothing.
    }
guard-owners-new =
    { $n ->
        [one] 1 of { $before } owners had no rows before.
       *[other] { $after } of { $before } owners had no rows before.
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
        [one] 1 of { $before } rows could not be read.
       *[other] { $after } of { $before } rows could not be read.
    }
guard-keys-gone = { $after } of { $before } rows that are live are not in the file, by their key.
guard-other-dataset = These look like the columns of “{ $subject }”: { $after } of them are in the file.
guard-limit = The limit is { $limit } %.
guard-example-rows =
    { $n ->
        [one] (1 row)
       *[other] ({ $rows } rows)
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
