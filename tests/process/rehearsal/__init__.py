"""The rehearsal: a module for each thing that it does, and what they share in conftest.py."""
