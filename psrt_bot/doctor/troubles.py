"""What the drivers of databases report, in words that name a remedy."""

from sqlalchemy.exc import DBAPIError

# What drivers say, and what to do about it. Their own text is not repeated: it can hold anything.
DATABASE_TROUBLES = {
    "is locked": ("is busy: another process is writing", "try again"),
    "lock timeout": ("is busy: another process is writing", "try again"),
    "not a database": ("is not an SQLite database", "name another file in DATABASE_URL"),
    "unable to open": ("cannot be opened", "see that the folder is there and may be written"),
    "readonly": ("cannot be written", "see who owns the file and its folder"),
    "permission denied": ("may not be used by this user", "grant it the rights"),
    "refused": ("cannot be reached: nothing listens there", "see that the server runs"),
    "timeout": ("does not answer", "see that the server runs and can be reached"),
    "authentication failed": ("refuses user or password", "see DATABASE_URL"),
    "no password": ("wants a password", "see DATABASE_URL"),
    "does not exist": ("does not exist on the server, or its user does not", "create them"),
    "resolve": ("names a host that is not known", "see DATABASE_URL"),
    "full": ("has no room left", "make some"),
}


def database_trouble(error: DBAPIError) -> tuple[str, str]:
    """Return what is wrong with the database, to follow its name, and what to do about it."""
    said = str(error.orig).lower()
    for word, told in DATABASE_TROUBLES.items():
        if word in said:
            return told
    return f"cannot be used ({type(error.orig).__name__})", "see DATABASE_URL and the server"
