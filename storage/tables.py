"""Every table in one place: what the migrations are compared with."""

from sqlmodel import SQLModel

from storage import council, nominations, people, runtime, voting

MODULES = (council, nominations, people, runtime, voting)
METADATA = SQLModel.metadata
