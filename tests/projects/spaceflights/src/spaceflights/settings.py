"""Project settings: all of them Kedro's defaults."""
