"""The Kedro project: its session, pipelines, catalog and azureml.yml."""

from kedro_azureml.project.catalog import CatalogView
from kedro_azureml.project.project import Project, load_project

__all__ = ["CatalogView", "Project", "load_project"]
