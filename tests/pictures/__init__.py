"""Pictures of every page, for the documents: the same cameras, people and time whenever they are taken."""
