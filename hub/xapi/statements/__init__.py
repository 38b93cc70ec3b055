"""What a statement is: its parts, checked with every problem at once, and when two are the same."""
