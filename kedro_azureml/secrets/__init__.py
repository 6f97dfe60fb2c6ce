"""Secrets by name: what they are called, where their values come from, and what hides them.

A document holds names and a vault's address. Nothing heavy is imported here: a step without
secrets, and every `kedro` command, pays for none of it.
"""
