"""The results of a sweep as files: a table, and a page with a picture that fetches nothing."""
