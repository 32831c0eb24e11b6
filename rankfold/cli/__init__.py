"""The command line. `main` holds the list of commands; each command is one file of `commands`, loaded when it is called."""
