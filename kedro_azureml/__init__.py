"""Run Kedro projects on Azure Machine Learning, and rehearse the same job locally."""

__version__ = "2.0.0.dev0"
