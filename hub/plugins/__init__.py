"""Built-in plugins, under the same rules as foreign ones: of the hub they import only hub.api."""
