"""The service as it is deployed: real processes, started from the settings of `deploy/`, and ended."""
