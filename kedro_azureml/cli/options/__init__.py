"""Options that several commands have, a module a subject: each command takes those of several."""
