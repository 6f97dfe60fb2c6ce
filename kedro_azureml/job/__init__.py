"""The document: a typed model of an Azure ML pipeline job, to and from YAML.

Mirrors the public CLI (v2) schema, https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-pipeline
and https://learn.microsoft.com/azure/machine-learning/reference-yaml-component-command.
"""
