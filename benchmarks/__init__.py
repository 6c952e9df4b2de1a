"""Timings as ratios measured in one run; never part of a test (`make bench`)."""
