"""From facts, rules, opinions and decisions to goals, kept true by the queue."""
