"""Commands of `kedro azureml`, a module each."""
