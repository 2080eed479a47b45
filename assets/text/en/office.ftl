# What waits for the office, how the site is, and its machinery.
nav-office = Office
nav-system = System
office-title = Office
office-waiting = Waits for you
office-nothing-waits = Nothing waits for you.
office-accounts = { $n ->
    [one] request for an account
   *[other] requests for an account
}
office-resets = { $n ->
    [one] forgotten password
   *[other] forgotten passwords
}
office-quarantined = { $n ->
    [one] import in quarantine
   *[other] imports in quarantine
}
office-to-publish = { $n ->
    [one] import to publish or cancel
   *[other] imports to publish or cancel
}
office-refused-mails = { $n ->
    [one] mail that is not taken so far
   *[other] mails that are not taken so far
}
office-failed-mails = { $n ->
    [one] mail that could not be sent
   *[other] mails that could not be sent
}
office-dead-jobs = { $n ->
    [one] job that was given up
   *[other] jobs that were given up
}
office-health = How the site is
office-good = Good
office-warning = Look
office-bad = Act
office-unknown = Not known
office-off = Off
office-no-data = Data
office-no-data-text = Nothing is imported yet.
office-rows = { $n ->
    [one] One row
   *[other] { $shown } rows
}
office-imported = Imported
office-checked = checked { $ago }, unchanged
office-never-imported = Nothing is published yet.
office-import-failed = the last import failed
office-disk = Disk
office-free = { $free } free
office-of = of { $all }
office-mail-off = No mail on this site
office-mail-sent = Last sent { $ago }
office-mail-refused = Not taken so far
office-mail-none = Nothing sent yet
office-mail-waiting = { $n } waiting to be sent
office-directory-off = No company directory
office-directory-away = No answer
office-directory-asked = Answered { $ago } ago
office-directory-unasked = Not asked since the start
office-audit-checked = Verified up to #{ $seq }
office-audit-unchecked = Not verified yet
office-audit-broken = Does not verify
office-tls = Encryption
office-https = Reached over https
office-http = Reached over plain HTTP
office-https-text = The certificate is kept by the proxy in front.
office-https-until = The certificate is good until
office-http-text = Passwords cross the network unprotected. Turning encryption on takes two minutes.
office-backup = Backup
office-no-backup = None so far
office-backup-text = The first is made soon after a start, unless backups are off.
office-all = All parts
system-title = System
system-program = Program
system-version = Version
system-started = Running since
system-bundle = Download for support
system-bundle-text = The download holds counts, sizes, states and which settings were given: no names, no addresses, no rows.
system-doctor = Check what the site stands on
system-backups = Backups
system-backup-now = Back up now
system-backup-text = One file with the database and all stored files. It is read back whole before it counts.
system-backup-last = The last one was made { $ago }.
system-backup-every = By itself every { $every }. The newest { $keep } are kept.
system-backup-off = No backup is made by itself: that is off in the settings.
system-backup-at-work = One is being made, or waits for its turn.
system-backup-failed = The last try failed { $ago }: { $why }
system-backup-none = There is none yet.
system-backup-made = Made
system-backup-download = Download
system-backup-restore = To restore one, stop the server and use: stockroom restore FILE
system-drill-now = Run the drill now
system-drill-good = Restore drill { $ago }: { $backup } was restored for a trial and is whole. It took { $took }.
system-drill-built = The index of { $dataset } was built from its file and has the { $rows } rows that were published.
system-drill-failed = The restore drill { $ago } failed with { $backup }: { $why }
system-drill-none = No backup was restored for a trial yet.
system-drill-every = By itself every { $every } the newest is restored for a trial, beside the others, and deleted again.
system-drill-off = No drill is made by itself: that is off in the settings.
system-drill-at-work = A drill is under way, or waits for its turn.
system-copies = Copies at { $place }: { $n } of { $keep } at most. The newest, { $newest }, was copied { $ago }.
system-copies-none = Copies go to { $place }. There is none yet.
system-copies-waiting = { $n ->
    [one] One backup waits to be copied.
   *[other] { $n } backups wait to be copied.
}
system-copies-failed = The last try to copy one failed { $ago } and is made again: { $why }
system-done-drill = The newest backup is being restored for a trial. How it went stands here afterwards.
system-done-backup = A backup is being made. It is in the list once it is whole.
system-sizes = Data directory
system-part = Part
system-bytes = Size
system-jobs = Jobs
system-no-jobs = Nothing is being done, and nothing waits.
system-jobs-dead = Given up
system-jobs-running = Being done
system-jobs-queued = Waiting
system-kind = What
system-tries = Tries
system-when = When
system-why = Why
system-act = Act
system-retry = Try again
system-discard = Discard
system-done-retry = It is tried again.
system-done-discard = It is discarded.
system-errors = Last errors
system-no-errors = No request ended in an error since the start.
system-request = Request
system-route = Address
system-generations = Data
system-generation = Generation
system-rows = Rows
system-current = Current

doctor-title = Checks
doctor-text = What the site stands on, looked at just now. Nothing is changed.
doctor-again = Check again
doctor-state = State
doctor-check = Check
doctor-found = Found
doctor-next = What to do
doctor-ok = Good
doctor-skipped = Not checked
doctor-warn = Look at it
doctor-failed = Failed
doctor-sum = { $failed ->
    [0] { $warned ->
        [0] Everything is as it should be.
        [one] Nothing failed; one finding should be looked at.
       *[other] Nothing failed; { $warned } findings should be looked at.
    }
    [one] One finding is a failure.
   *[other] { $failed } findings are failures.
}
doctor-elsewhere = Checked where they are at home
doctor-elsewhere-text = These take longer or ask others. On the machine, { $command } runs every check.
