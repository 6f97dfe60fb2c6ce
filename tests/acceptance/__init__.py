"""Whole projects, run in each way: a module for each thing that a project can want."""
