# Figures about the use of the site.
nav-analytics = Analytics
analytics-title = Analytics
analytics-none = Nothing yet.
analytics-customers = { $n ->
    [one] active customer
   *[other] active customers
}
analytics-sign-ins = { $n ->
    [one] sign-in in 7 days
   *[other] sign-ins in 7 days
}
analytics-unique = { $n ->
    [one] user signed in, in 7 days
   *[other] users signed in, in 7 days
}
analytics-sessions = { $n ->
    [one] session now
   *[other] sessions now
}
analytics-searches = Searches that found nothing
analytics-exports = { $n ->
    [one] export in 7 days
   *[other] exports in 7 days
}
analytics-searches-week = { $n ->
    [one] search in 7 days
   *[other] searches in 7 days
}
analytics-days = Sign-ins by day
analytics-period = Period
analytics-14 = 14 days
analytics-90 = 90 days
analytics-chart-said = { $n ->
    [one] One sign-in
   *[other] { $n } sign-ins
} in { $days } days.
analytics-as-table = Show as table
analytics-day = Day
analytics-column-sign-ins = Sign-ins
analytics-column-searches = Searches
analytics-column-exports = Exports
analytics-column-users = Users
analytics-active = Most active
analytics-recent = Latest sign-ins
analytics-event = Event
analytics-search = Search
analytics-dataset = Dataset
analytics-times = Times
analytics-last = Last
analytics-exported = What is exported
analytics-exported-text = In the last { $days } days. Each leads to its events in the audit log.
analytics-none-exported = Nothing was exported in the last { $days } days.
analytics-format = Format
analytics-last-by = Last by
analytics-growth = Stock by owner over time
analytics-growth-said = { $dataset } has { $n } rows.
analytics-owner = Owner
analytics-before = before:
analytics-before-below = The smaller number is that of the import before.
analytics-stock = Quantity
analytics-by-owner = { $dataset } by owner, now and in the import before
analytics-more-owners = { $n ->
    [one] One more owner is
   *[other] { $n } more owners are
} in the CSV, with all imports.
analytics-more-units = { $n ->
    [one] One more unit is
   *[other] { $n } more units are
} in the CSV.
