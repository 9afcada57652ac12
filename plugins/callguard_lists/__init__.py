"""Any list of numbers the household points to: a URL, a file, or an entry of the catalogue."""
