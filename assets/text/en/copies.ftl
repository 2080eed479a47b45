# Copies of users' files in a store elsewhere.
copies-col = Copy
copies-waiting = Copy waits
copies-copied = Copied
copies-retrying = Copy delayed
copies-failed = Copy failed
copies-none = No copy
copies-not-wanted = Not copied
copies-of-file = Copy
copies-waiting-text = A copy of this file is made in a moment.
copies-copied-at = Copied and compared:
copies-checked-at = compared again:
copies-retry-at = A copy could not be made yet. The next try:
copies-failed-text = No copy could be made after many tries. The file itself is here and whole; whoever looks after the site can have it copied again.
copies-again = Copy again
copies-check = Compare the copy

copies-title = Copies of files
copies-off = Files are copied nowhere
copies-off-text = What users keep stays on this server alone. To have each kept file copied to a bucket (S3) or to Cloudinary as well, say under Settings where to; that takes effect at once.
copies-change = Settings of copies
copies-place = Copies go to
copies-copied-count = Copied and compared
copies-copied-value = { $count } ({ $size })
copies-waiting-count = Waiting
copies-trouble-count = With a problem
copies-leaving-count = To be deleted there
copies-elsewhere =
    { $n ->
        [one] 1 copy is at { $place }, where copies went before.
       *[other] { $count } copies are at { $place }, where copies went before.
    }
copies-elsewhere-again = These files are copied to the present store as well, by themselves and some at a time; then they count as copied.
copies-elsewhere-stay = What is at the former store stays there, also when its file is deleted for good: the audit log notes that. Delete it there yourself once you do not need it, or set that store again.
copies-test-title = Try it
copies-test-text = Puts a small object there, compares it, and deletes it again. What was said at each step is shown.
copies-test = Try
copies-test-good = The store works.
copies-test-bad = This step failed: { $step }
copies-step-put = Put and compare
copies-step-check = Look again
copies-step-delete = Delete
copies-troubles = Problems
copies-troubles-none = Every copy is made, or waits for its first try.
copies-troubles-more = The first { $n } of them. They are tried again by themselves; those that were given up are under System, and each file's page can have it copied again.
copies-again-all = Try all again
copies-again-done =
    { $n ->
        [0] Nothing has to be tried again.
        [one] 1 copy is tried again now.
       *[other] { $n } copies are tried again now.
    }
copies-trouble-file = File
copies-trouble-state = Copy
copies-trouble-why = What was said
copies-trouble-gone = A file that was deleted, or of somebody out of your reach
copies-uncopy-retrying = Deletion delayed
copies-uncopy-failed = Deletion failed
