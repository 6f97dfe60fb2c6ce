"""How a step's process starts early, is forked and ends."""
