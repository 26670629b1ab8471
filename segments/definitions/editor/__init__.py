"""What the editor of a segment's filter asks while somebody types."""
