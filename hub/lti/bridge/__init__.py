"""What was learned in one LMS, told to the gradebooks of others."""
