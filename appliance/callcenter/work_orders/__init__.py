"""Work orders 业务受理: what a department has to do for a caller, followed to its end."""
