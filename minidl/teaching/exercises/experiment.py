"""Exercises still to come."""

EXERCISES = {}
