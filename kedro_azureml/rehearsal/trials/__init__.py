"""The trials of a sweep step: each is run as a step of its own, and the best one's outputs go on.

Undocumented, and so a choice: of trials that are equally good the first is the best; one that has
not logged the metric, or not as a number, is none; those that fail do no harm as long as one has
succeeded. What counts is the last value that a trial has logged, as MLflow shows it.
"""
