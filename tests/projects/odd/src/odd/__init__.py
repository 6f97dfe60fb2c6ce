"""A project of odd cases."""
