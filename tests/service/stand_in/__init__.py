"""One module for each part of the stand-in for Azure ML, which unmodified clients drive."""
