# What happened that concerns somebody who works here.
news-title = Activity
news-read = Mark all as read
news-new = New
news-none = Nothing happened of late
news-none-text = What waits for you, what failed and what you began and is done stands here for two weeks.
news-all = All activity
news-unread = { $n ->
    [one] One thing is new
   *[other] { $n } things are new
}
news-account = { $name } asks for an account
news-reset = { $name } forgot their password
news-failed-mail = A mail to { $name } could not be sent
news-refused-mails = { $n ->
    [one] A mail is not taken and tried again
   *[other] { $n } mails are not taken and tried again
}: { $answer }
news-webhook-failed = The webhook { $name } took a message in a day of tries not once
news-webhook-gone = The webhook { $name } was turned off: the other side says that it is gone
news-drill-failed = The newest backup could not be restored for a trial: { $why }
news-quarantined = { $name } is in quarantine
news-late = { $name } was not imported for more than a day
news-published = { $name } is published
news-failed = { $name } failed
news-rows = New data in { $name }
news-exported = You downloaded { $n ->
    [one] one row
   *[other] { $rows } rows
} of { $name }
