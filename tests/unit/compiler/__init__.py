"""A module for each part of the compiler that decides something by itself."""
