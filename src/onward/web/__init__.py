"""Pages for people: one route is one workflow and one template."""
