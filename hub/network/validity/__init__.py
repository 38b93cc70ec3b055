"""When things hold: half-open intervals, days as instants, the network as of a day."""
