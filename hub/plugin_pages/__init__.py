"""Pages that plugins bring along: what one may be made of, who may see it, and whom of the network its view is shown."""
