"""The demo: a generated network with one hand-made story in it, five outside systems, and a check that plays it."""
