"""Kedro's session for the nodes of one step."""
