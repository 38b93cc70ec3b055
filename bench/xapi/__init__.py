"""The record store against its limits: what bare programs reach with the same rows, in the same run, on the same disk."""
