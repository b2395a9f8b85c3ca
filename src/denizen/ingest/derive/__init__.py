"""Derived attributes: what can be known from what the data says, where the data does not say it itself.

One concept a file; the words of titles, countries, industries and technologies are tables in `tables/`.
Everything here looks at distinct values, never at rows one by one.
"""
