"""What the tests share: a module for each thing that a test needs to make, run or compare."""
