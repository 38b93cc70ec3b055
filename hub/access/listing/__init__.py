"""Lists of everything one may see, page by page, for programs."""
