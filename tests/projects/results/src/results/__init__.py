"""A project whose results are registered in the workspace."""
