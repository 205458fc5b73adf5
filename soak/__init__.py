"""`make soak`: a call centre at work for as long as wanted, and what must stay zero."""
