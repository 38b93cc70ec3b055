"""How long things are kept: retention of statements, and erasure of everything about one person."""
