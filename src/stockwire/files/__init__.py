"""Files as people send them: rows out of CSV, XLSX and XML, rows into CSV, and how a file is fetched.

Knows nothing of products or customers, of a connector or of the database: texts in, texts out.
"""
