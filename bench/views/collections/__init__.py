"""A run's results as files that collections of results read: one module a collection. Nothing is sent anywhere."""
