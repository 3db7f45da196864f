"""What became of every version of every key: as data, as lines, as Markdown, and as a page to print."""
