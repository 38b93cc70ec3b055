"""Platform Notification Service: what a platform tells its tools when nobody is there."""
