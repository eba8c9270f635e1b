"""The games that come with the server, and how any game's class is found by name or file."""
