"""Every table in one place: what the migrations are compared with; a test finds what is missing."""

from sqlmodel import SQLModel

from storage import (
    access,
    council,
    mentoring,
    nominations,
    onboarding,
    oversight,
    people,
    runtime,
    voting,
)

MODULES = (access, council, mentoring, nominations, onboarding, oversight, people, runtime, voting)
METADATA = SQLModel.metadata
