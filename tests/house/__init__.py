"""The rules of the repository: a module for each question, a test for each rule."""
