# The first start.
setup-step = Step { $n } of 2
setup-code-title = Set up this site
setup-code-where = There is no admin yet. To make the first one you need the set-up code, so that only who runs the server can. Find it:
setup-code-console = on the console where the server was started, as a link to open
setup-code-file = in the file { $file } in the server's data directory
setup-code-button = Continue
setup-code-wrong = This is not the set-up code. Copy it once more; after five wrong ones a new code is made.
setup-code-renewed = This is not the set-up code, and after five wrong ones it has been changed. The new one is on the console and in the file.

setup-title = Set up this site
setup-site-hint = Stands at the top of every page.
setup-name-hint = Shown to other people here. May stay empty.
setup-button = Make the admin and go on
setup-over-title = This link is used up
setup-over-text = The site has its admin already. Sign in; the admin can add others.

setup-data-title = Your first data
setup-data-text = Your account is ready. Give the site something to show:
setup-data-import = Import your first file
setup-data-import-hint = A CSV file or a workbook as your ERP exports it. You see what was understood before anything is published.
setup-data-sample = Start with the sample
setup-data-sample-hint = A made-up inventory to look around in.
setup-data-later = Later
setup-data-later-hint = You can import at any time.
