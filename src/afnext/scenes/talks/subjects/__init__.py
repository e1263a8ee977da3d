"""What the topics of talks consist of: one file a family, one function a topic."""
