"""Departments 科室: who in the hospital deals with a work order."""
