"""Nothing out of the ordinary."""
