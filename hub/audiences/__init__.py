"""WHICH: rules and plugins decide who gets what; the answer is worked out anew whenever something it rests on changes."""
