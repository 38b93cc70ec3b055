"""The resources of xAPI, a module each: what a request with a method gets as its answer."""
