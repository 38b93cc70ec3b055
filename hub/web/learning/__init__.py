"""A learner's own pages: training, courses, choices and records."""
