"""What the search healer runs inside the project's own interpreter: standard library and pytest only.

Kept to Python 3.8 syntax and names, because that interpreter is the project's and not honk's.
"""
