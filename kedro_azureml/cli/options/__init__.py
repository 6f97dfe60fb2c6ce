"""Options that commands share: a module each."""
