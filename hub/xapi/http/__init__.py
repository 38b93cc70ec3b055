"""The HTTP of the record store: routes, versions, parameters, errors."""
