"""A module for each of the document's own concepts, as in `kedro_azureml.job`."""
