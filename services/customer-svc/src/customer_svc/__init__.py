"""The customer archive: who they are, how they are reached, and on what terms they trade."""
