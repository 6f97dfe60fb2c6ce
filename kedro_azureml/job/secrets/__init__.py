"""What looks like a secret: by its name, in a file, in a text."""
