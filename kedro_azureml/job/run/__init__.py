"""A run and its steps: the model, its JSON, who is told, and why a step failed."""
