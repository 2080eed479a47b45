# Folders of users.
nav-files = Files
files-title = Files
files-of = Files of { $name }
files-back = My files
files-table-button = All rows
files-table-back = The file
files-table-wait = Reading the file
files-table-wait-text = The rows are shown here as soon as all of them are read.
files-back-folder = Folder
files-folders = All folders
files-folders-size = Sizes are what counts against the space of each user: deleted files, and tables that are not kept yet, included.
files-folders-none = Nobody keeps files yet
files-folders-none-text = Folders of the users you look after appear here as soon as there is something in them.

files-upload-title = Add files
files-drop = Drop files here or choose some
files-drop-hint = Tables (CSV, Excel, ODS, also packed), PDF documents and pictures; what a file is shows in its content.
files-upload-button = Upload
files-upload-next = A table is shown to you before you keep it.
files-used = { $used } of { $quota } used
files-quota = Space used, deleted files included
files-used-hint = Deleted files count until they are deleted for good, and tables that are not kept yet for at most an hour.
files-too-large = This is larger than { $size }. Split it, or ask the office.
files-over-quota = This is larger than { $size }, which is what is left of your space. Delete files you do not need, for good.
files-full = Your folder is full. Delete files you do not need, then delete them for good: until then they count.
files-sent = The files are in your folder.
files-sent-tables = Look at the tables marked “Not kept yet” and keep or discard them within an hour.
files-wrong = { $file }: { $reason }

files-list = Files
files-count =
    { $n ->
        [one] 1 file
       *[other] { $count } files
    }
files-search = Search by name
files-search-button = Search
files-order = Order by
files-col-name = Name
files-col-kind = Kind
files-col-size = Size
files-col-when = When
files-col-actions = Actions
files-col-user = User
files-col-files = Files
files-none = No files yet
files-none-text = What you put here is yours: admins and the people who import data can open it, other users cannot.
files-none-found = No file is called like that
files-pager = Pages of files
files-previous = Back
files-next = Next

files-kind-text = Table (text)
files-kind-workbook = Workbook
files-kind-packed = Table (packed)
files-kind-pdf = PDF
files-kind-png = PNG picture
files-kind-jpeg = JPEG picture
files-kind-webp = WebP picture
files-kind-gif = GIF picture

files-undecided = Not kept yet
files-undecided-text = This is what the file holds. It is not kept yet: keep it, or it is gone after an hour.
files-no-preview = No preview of this kind of file
files-no-preview-text = Only tables open here. Download it to open it on your device.
files-keep-button = Keep
files-delete-button = Delete
files-restore-button = Bring back
files-discard-button = Discard
files-erase-button = Delete for good
files-rename-button = Rename
files-download = Download
files-import-button = Import into…
files-import-title = Import { $file }
files-import-begin = Preview the import
files-kept = { $file } is in your folder.
files-deleted = { $file } was deleted.
files-undo = Undo
files-deleted-link =
    { $n ->
        [one] 1 deleted file
       *[other] { $n } deleted files
    }
files-deleted-text = Deleted files can be brought back for { $n } days and count until then.
files-type-tables = Tables
files-type-pdf = PDF documents
files-type-images = Pictures
