# Reports beside files of the drop folder.
feed-report-published = { $file }: published.
feed-report-unchanged = { $file }: the data are this file's already; nothing was published.
feed-report-quarantined = { $file }: held back. The data that were live are still live; look at the import, then publish it anyway or cancel it.
feed-report-failed = { $file }: could not be imported. The data that were live are still live.
feed-report-cancelled = { $file }: the import was cancelled.
feed-report-refused = { $file }: not taken. Nothing was imported.
feed-report-dataset = Dataset: { $dataset }
feed-report-rows = Rows: { $read } read, { $published } published, { $rejected } rejected
feed-report-findings = Found: { $findings }
feed-report-page = Page: { $page }
feed-report-end = The same for programs stands in the file that ends in .report.json.
