"""What a team adds to kedro-azureml."""
