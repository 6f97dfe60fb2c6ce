"""Runs a pipeline job's document on this machine, as the stand-in's computes.

It is written from docs/architecture/azureml-contracts.md alone and shares no code with the
rehearsal: what both do alike is what the contract says, and a test that passes on both says
something. A house test sees to it that nothing of the package is imported here.
"""
