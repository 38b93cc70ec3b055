"""Why somebody is asked for something, or why not: one tree, read, narrowed to who looks, and verified."""
