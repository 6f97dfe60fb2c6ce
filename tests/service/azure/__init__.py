"""What talks to Azure ML: a module for each thing that a person asks of it."""
