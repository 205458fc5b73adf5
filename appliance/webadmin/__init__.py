"""The web front: HTTP only. `admin` serves pages, `desk` the live sockets; both share the modules here."""
