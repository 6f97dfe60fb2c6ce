"""The Kedro project: its session, pipelines, catalog and azureml.yml, each loaded once."""

from kedro_azureml.project.project import Project

__all__ = ["Project"]
