"""Lists as pages show them: searched, sorted, one page at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

PAGE_SIZE = 50
LARGEST_PAGE_SIZE = 200
EXPORT_ROWS = 50_000


@dataclass(frozen=True)
class Listing:
    """What part of a list is wanted."""

    text: str = ""
    sort: str = ""
    """A key of the list's column map; anything else means the list's own order."""
    descending: bool = False
    page: int = 1
    size: int = PAGE_SIZE


EVERYTHING = Listing(size=EXPORT_ROWS)


@dataclass(frozen=True)
class Results[T]:
    """One page of a list and how many rows there are in all."""

    rows: tuple[T, ...]
    total: int
    listing: Listing

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.listing.size))


def containing(text: str, *columns: Any) -> ColumnElement[bool]:
    """Rows with every word of `text` in at least one of `columns`; case does not matter, % and _ mean themselves."""
    words = text.split()[:5]
    conditions = [or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in words]
    return conditions[0] if len(conditions) == 1 else _all(conditions)


def _all(conditions: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    combined = conditions[0]
    for condition in conditions[1:]:
        combined &= condition
    return combined


async def fetch(
    session: AsyncSession, query: Select[Any], listing: Listing, sorts: Mapping[str, Any], order: Any, key: Any
) -> tuple[list[Any], int]:
    """The rows of the wanted page and the number of all; `order` when no known sort is asked, `key` breaks ties."""
    total = await session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    column = sorts.get(listing.sort)
    if column is None:
        ordered = query.order_by(order, key)
    else:
        ordered = query.order_by(column.desc() if listing.descending else column.asc(), key)
    start = (max(1, listing.page) - 1) * listing.size
    rows = (await session.execute(ordered.limit(listing.size).offset(start))).all()
    return list(rows), total
