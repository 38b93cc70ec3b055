"""JSON for programs, below ``/api/v1``: routes and shapes. What is read, and by whom it may be read, stands in the areas."""
