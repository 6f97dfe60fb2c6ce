"""What is done with a job that exists: a module for each command, and what they share."""
