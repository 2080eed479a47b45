# how files of each shape are read
profiles-title = Import profiles of { $dataset }
profiles-title-one = Profile of { $file }
profiles-back = Profiles
profiles-link = Profiles
profiles-hint = How files are read is remembered by their headers: the next file with the same ones needs no questions.
profiles-none = Nothing remembered yet
profiles-none-text = The first file that is published leaves its profile here.
profiles-file = Last file
profiles-columns = Columns
profiles-owner = Owner column
profiles-no-owner = None
profiles-owner-missing = None of these columns is “{ $column }”, the dataset’s owner column. Choose the owner column when such a file is imported, or give one of them that name.
profiles-owner-unset = The dataset has no owner column yet. Choose it when a file is imported.
profiles-uses = Files
profiles-last = Last used or changed
profiles-renamed =
    { $n ->
        [one] 1 renamed
       *[other] { $n } renamed
    }
profiles-by-hand = Changed by hand
profiles-export = Export
profiles-forget = Forget
profiles-forgotten = The profile is forgotten. The next file with those headers is asked about.
profiles-brought = The profile is remembered. The next file with its headers is read so.
profiles-saved = Saved. The next file with these headers is read so; what you hid is hidden from customers now.
profiles-elsewhere = Changed meanwhile in another tab or by somebody else: look again, nothing of yours was saved.
profiles-edit-hint = For files with exactly these headers. What customers must not see any more is hidden at once; everything else takes effect with the next file.
profiles-header-in-file = Header in the file
profiles-name = Column of the dataset
profiles-name-of = { $column }: name in the dataset
profiles-flags-hint = A key names a row from one import to the next. The owner column is chosen when a file is imported.
profiles-save = Save profile
profiles-found = Found in each file
profiles-reading-hint = Set one only where what is found by itself is wrong.
profiles-bring-title = Bring a profile
profiles-bring-file = Drop an exported profile here or choose one
profiles-bring-hint = The .json file that “Export” writes, from another dataset or another site.
profiles-bring = Bring profile
profiles-bring-next = What it hides is hidden; it shows nothing that is hidden here.
