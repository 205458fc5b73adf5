"""Pages, searches and administration: the program `admin`."""
