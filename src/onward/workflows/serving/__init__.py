"""The guard as a server: `onward guard serve`."""
