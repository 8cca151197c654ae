"""The embedded server: a tiny model of our own behind the wire that real servers speak. Not for production."""
