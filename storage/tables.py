"""Every table in one place: what the migrations are compared with."""

from sqlmodel import SQLModel

from storage import nominations, people, runtime, voting

MODULES = (nominations, people, runtime, voting)
METADATA = SQLModel.metadata
