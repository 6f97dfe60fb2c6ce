"""The job as a picture: ``kedro azureml plan``."""
