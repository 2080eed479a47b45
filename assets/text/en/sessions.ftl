# Who is signed in, and looking at the site as somebody else.
nav-sessions = Sessions
sessions-title = Signed in now
sessions-refresh = Refresh
sessions-search = Find by name, address or role
sessions-count = { $n ->
    [one] One session
   *[other] { $n } sessions
} of { $users ->
    [one] one user.
   *[other] { $users } users.
}
sessions-who = Who
sessions-viewing = Looks as { $name }
sessions-no-match = Nobody like that is signed in.
sessions-end-label = End the session of { $name }, { $device }
sessions-end-question = Sign { $name } out there?
sessions-end-text = { $device }, { $address }. The next request from there asks to sign in again; downloads on their way are cut off.
sessions-end-button = Sign out
sessions-end-all = End all
sessions-end-all-label = End all sessions of { $name }
sessions-end-all-question = Sign { $name } out everywhere?
sessions-end-all-text = { $n ->
    [one] One session ends
   *[other] { $n } sessions end
} at once, with downloads on their way, and no browser is trusted any more. They can sign in again.
sessions-ended-all = { $name } is signed out everywhere.
sessions-factor-yes = Used
sessions-factor-no = None
sessions-end-others = End all but mine
sessions-end-others-text = { $n ->
    [one] One other session ends
   *[other] { $n } other sessions end
} at once, with downloads on their way. They can sign in again.
sessions-end-others-button = End them
sessions-ended = { $name } is signed out there, from the next request on; downloads on their way are cut off.
sessions-ended-before = That session had ended already.
sessions-ended-others = { $n ->
    [one] One session ended.
   *[other] { $n } sessions ended.
}
sessions-unconfirmed = Please confirm with the button.
view-as-action = See what they see
view-as-action-text = The site as it is for this user, to read only. It is noted in the audit log.
view-as-button = View as
view-as-banner = You look at this site as { $name } sees it. Nothing can be changed.
view-as-end = End this view
view-as-title = Not in this view
view-as-text = You look at this site as { $name } sees it. You can read their stock; changing, downloading, their files and their own account are no part of it. Files that they keep are under “All folders” once you end the view.
view-as-over = The view is over
view-as-over-text = Time was up, or the account is none to look as any more. You are yourself again; nothing that you sent from the view was done.
view-as-over-back = Back to the customers
view-as-back = Back to the stock
