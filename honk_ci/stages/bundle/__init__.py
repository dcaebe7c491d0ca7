"""The proof bundle, in which one job hands a fix to another: written, read, traced to its build, judged anew."""
