"""What azureml.yml and a catalog entry may say, a module a section."""
