# The inventory and other datasets.
inventory-title = Inventory
inventory-news = A newer file was imported while this page was open. What you see is as of the file before.
inventory-news-rows =
    { $n ->
        [one] The newer one has 1 row for you.
       *[other] The newer one has { $rows } rows for you.
    }
inventory-news-show = Show the new rows
inventory-offline = The server does not answer. What you see is from before; what you type is looked for as soon as it is back.
datasets-label = Datasets
rows-label = Rows

chips-label = Search and filters
chips-clear = Clear all
chips-any-word = Any of the words
chips-all-words = All of the words
chips-more = and { $n } more
chip-remove = Remove: { $what }
chip-not = not { $what }
chip-contains = { $column } contains “{ $value }”
chip-is = { $column }: { $value }
chip-like = { $column } like { $value }
chip-blank = { $column } is blank
chip-before = { $column } before { $value }
chip-after = { $column } after { $value }
chip-less = { $column } below { $value }
chip-more = { $column } above { $value }
chip-at-most = { $column } up to { $value }
chip-at-least = { $column } from { $value }
chip-between = { $column } { $from } to { $to }
value-blank = (blank)
value-yes = yes
value-no = no

facets-title = Filters
facets-apply = Apply filters
filter-add = Add a filter
facet-clear = Clear
facet-clear-of = Clear { $column }
facet-remove = Remove
facet-remove-of = Remove the filter { $column }
facet-more = Show more
facet-more-of = Show more of { $column }
facet-fewer = Show fewer
facet-find = Starts with…
facet-find-in = Find a value of { $column }
facet-type-for-more = There are more: type the beginning of one.
facet-none = –

columns-title = Columns
columns-hide = Hide { $column }
columns-show = Show { $column }
columns-up = Move { $column } to the left
columns-down = Move { $column } to the right
columns-filter = Filter by { $column }
density-title = Row height
columns-most = At most { $n } columns are shown at once; downloads have all of them.
columns-show-chosen = Show these
columns-reset = The usual columns
columns-on-cards = Shown on cards: { $columns }. Hide one and the next takes its place.

sort-title = Sort
sort-then = Then by { $column }

print-title = Print
print-back = Back to the rows
print-how = Use your browser’s own way to print this page.
print-filters = Filters:
print-all = { $found } of { $all } rows
print-some = { $printed } of { $found } rows printed. A download has all of them.
print-reader = Printed by { $who }
print-screen = Only the rows on the screen are on this paper. Print, above the rows, has up to 500 of them.

share-title = Share link
share-hint = Whoever opens this address sees the same search among their own rows.
share-copy = Copy
share-copied = Copied
download-not-in-view = Nothing is downloaded while you look as somebody else
download-csv = CSV
download-word = Download

header-title = Sort. In searches: { $column }
card-more = All fields
row-close = Close
grid-loading = Loading
grid-failed = These rows could not be loaded. Check the connection; they are asked for again when you scroll.
grid-resize = Width of { $column }
pager-label = Pages
pager-previous = Previous
pager-next = Next
pager-place = Rows { $first } to { $last } of { $all }

nothing-found = No row matches
nothing-suggestions = Did you mean
nothing-without =
    { $n ->
        [one] Without { $what }: 1 row
       *[other] Without { $what }: { $rows } rows
    }
nothing-alone =
    { $n ->
        [one] Only { $what }: 1 row
       *[other] Only { $what }: { $rows } rows
    }
nothing-nowhere = { $what }: nowhere.
nothing-no-column = No column is called “{ $name }”, so it was looked for as text.
nothing-columns = Columns: { $names }
nothing-here = This dataset has no rows
nothing-here-why = The file that was imported last held none.
nothing-of-yours = No rows for you here yet
nothing-of-yours-why = Your account is not linked to an owner with rows in this dataset. The office that gave you this address can change that.

footer-showing = Showing
footer-of = of
footer-rows = rows
footer-no-unit = without a unit
footer-more-units = and { $n } more
footer-more = Totals
footer-as-of = As of { $time } · imported { $ago }
footer-checked = Checked { $time } · { $ago }, unchanged

first-use-title = Nothing here yet
first-use-at-work = The first file is being imported
first-use-wait = Its rows appear here as soon as they are complete.
first-use-importer = Import an export of your ERP, and everybody finds their own rows here.
first-use-import = Import a file
first-use-sample = Or look around in a sample first
first-use-reader = As soon as the office has imported the first file, your rows are here.

inventory-left-out =
    { $n ->
        [one] This address names a column that is not in this data: { $names }. What follows is without it.
       *[other] This address names columns that are not in this data: { $names }. What follows is without them.
    }

inventory-unknown =
    { $n ->
        [one] This address has a parameter that means nothing here: { $names }. What follows is without it.
       *[other] This address has parameters that mean nothing here: { $names }. What follows is without them.
    }
inventory-future = { $day } is in the future, so that there are no rows of it. What follows are the rows of now.
inventory-earlier = These are the rows as they were on { $day } (generation { $generation }).
inventory-earlier-now = Show what is there now
footer-day = Rows of an earlier day
footer-day-show = Show
footer-changes = What changed last
footer-changes-visit = Since your last visit
