"""What operators see of plugins: on the command line, on the admin pages, and in JSON the same."""
