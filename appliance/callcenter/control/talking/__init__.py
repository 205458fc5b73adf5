"""What parties of a talk do: hold, consult, confer, record, rate."""
