"""Who plays: two admins among six members, three of the council, and people from elsewhere."""

MEMBERS = {
    "ana": "Ana Andrade",
    "ben": "Ben Bright",
    "chi": "Chi Chen",
    "dov": "Dov Dahan",
    "eve": "Eve Eriksen",
    "fay": "Fay Falk",
}
ADMINS = ("ana", "ben")
COUNCIL = {"cat": "Cat Cole", "cem": "Cem Celik", "cia": "Cia Costa"}
NEWCOMERS = {"nia": "Nia Novak", "oli": "Oli Okoro"}
GUEST = "gus"
GUESTS = {GUEST: "Gus Guest"}
IN_SLACK = {**MEMBERS, **COUNCIL, **NEWCOMERS, **GUESTS}
OUTSIDERS = (*NEWCOMERS, GUEST)
OUTSIDE = "xen"  # has no account in the workspace
EVERYBODY = {**IN_SLACK, OUTSIDE: "Xen Xu"}
