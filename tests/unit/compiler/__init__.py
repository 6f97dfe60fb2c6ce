"""A module for each subject of the compiler; what they compile is a few nodes each."""
