"""azureml.yml as typed models: a module a section, so that each is found by its key."""
