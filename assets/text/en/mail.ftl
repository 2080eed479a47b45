mail-footer = Sent by { $site }. Nobody reads answers to this address unless it says so.
mail-test-subject = A test from { $site }
mail-test-text = This is a test. If you can read it, { $site } can send mail to you.
mail-test-by = Asked for by
