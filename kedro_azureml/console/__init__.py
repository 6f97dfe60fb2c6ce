"""How things look to a person: a module for each thing that is shown, and what they share."""
