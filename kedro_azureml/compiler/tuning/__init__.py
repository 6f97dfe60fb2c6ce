"""``azure.jobs.NAME.tune``: one step of a document becomes a sweep step.

Imported only for a job that tunes something.
"""
