"""The door for editors: ``onward check --lsp`` speaks the Language Server Protocol on its standard input and output."""
