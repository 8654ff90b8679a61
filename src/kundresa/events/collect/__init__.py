"""The collect process: HTTP in, inbox rows out. Plain ASGI; it never loads Django's ORM."""
