"""A job over many values: what depends on a swept parameter is there once for each of them."""
