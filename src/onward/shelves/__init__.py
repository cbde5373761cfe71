"""What an index is made of: shelves that hold pages, each wrapping another."""
