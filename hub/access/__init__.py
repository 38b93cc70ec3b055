"""MAY: who may see and do what. One rule and one SQL predicate, used by everything that answers."""
