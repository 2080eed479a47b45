## Help

help-title = Help
help-topics = Topics
help-search = Search the help
help-search-placeholder = A word, or what a message says
help-search-button = Search
help-nothing = Nothing in the help has “{ $query }”. Try another word, or one of these:
help-found = { $n ->
    [one] One section
   *[other] { $n } sections
}
