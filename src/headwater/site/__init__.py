"""Settings, urls, pages composed of several rooms, the API root and the command line."""
