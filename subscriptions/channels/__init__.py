"""Only channels live here, one file each; adding a channel is adding a file."""
