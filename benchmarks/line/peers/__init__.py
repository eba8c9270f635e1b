"""Other servers of the same scene, each written by hand, which the benchmark compares."""
