"""Lists and forms of administered records: one list, one form, one question before deleting, for all of them."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from appliance.callcenter.form_rows import EDIT, Row, Rows, press
from appliance.callcenter.forms import Field, Number, Values
from appliance.callcenter.listing import EVERYTHING, Listing
from appliance.callcenter.records import Identified, RecordService
from appliance.errors import UserError
from appliance.webadmin.admin.page import Page
from appliance.webadmin.permissions import NOBODY, Access


@dataclass(frozen=True)
class Option:
    """A choice that comes from other records."""

    value: str
    text: str
    group: str = ""
    worded: bool = False
    """Whether `text` is a message id, and not a name that somebody gave."""


@dataclass(frozen=True)
class Column:
    label: str
    sort: str = ""
    """The list's sort key; empty = cannot be sorted by."""
    narrow: bool = False


class Resource[Model: Identified, Draft]:
    """What the pages need to know about one kind of record. Every text is a message id."""

    path: ClassVar[str]
    title: ClassVar[str]
    new: ClassVar[str]
    icon: ClassVar[str]
    empty: ClassVar[str]
    """What to do while there are none."""
    about: ClassVar[str] = ""
    rows: ClassVar[str]
    """Template of the table's rows."""
    fields: ClassVar[tuple[Field, ...]]
    columns: ClassVar[tuple[Column, ...]]
    export: ClassVar[tuple[str, ...]] = ()
    """Attributes that an exported file has, in order; empty = no export."""
    follows: ClassVar[str] = ""
    """What else happens when one is deleted; told before."""

    def __init__(self, service: RecordService[Model, Draft]) -> None:
        self.service = service

    @abstractmethod
    def read(self, values: Values) -> Draft:
        """Raises FormError."""

    async def options(self, record: Model | None) -> Mapping[str, Sequence[Option]]:  # noqa: ARG002
        """Choices of reference fields, by field name."""
        return {}

    async def context(self) -> Mapping[str, Any]:
        """More names for the rows' template."""
        return {}

    async def starting_values(self) -> Mapping[str, Any]:
        """What a new record's form shows at first."""
        return {field.name: field.default for field in self.fields if isinstance(field, Number)}

    def name_of(self, record: Model, _say: Callable[[str], str]) -> str:
        """What the record is called on its page; `_say` translates message ids."""
        return str(getattr(record, "name", "") or getattr(record, "number", record.id))


type AnyResource = Resource[Any, Any]


class RecordPage(Page):
    resource: AnyResource

    def initialize(self, resource: AnyResource) -> None:
        self.resource = resource

    async def show_form(
        self, record: Any, given: Values | None = None, problems: Mapping[str, str] | None = None
    ) -> None:
        """The form with the record's values, or with what was sent and what is wrong with it."""
        resource = self.resource
        starting = {} if record is not None else await resource.starting_values()
        self.set_status(422 if problems else 200)
        await self.render(
            "form.html",
            title=resource.name_of(record, self.locale.translate)
            if record is not None
            else self.locale.translate(resource.new),
            resource=resource,
            record=record,
            options=await resource.options(record),
            shown=lambda field: shown(field, record, given, starting),
            chosen=lambda field: chosen(field, record, given),
            lines=lambda field: lines(field, record, given, starting),
            edit=EDIT,
            problems=problems or {},
        )


def shown(field: Field, record: Any, given: Values | None, starting: Mapping[str, Any]) -> str:
    """What stands in an input."""
    if given is not None and not field.secret:
        return given.get(field.name, [""])[-1]
    if record is not None:
        return field.show(getattr(record, field.name, None))
    return field.show(starting.get(field.name))


def chosen(field: Field, record: Any, given: Values | None) -> set[str]:
    """Which boxes of a group are ticked."""
    if given is not None:
        return set(given.get(field.name, ()))
    return {str(one) for one in getattr(record, field.name, ())} if record is not None else set()


def lines(field: Rows, record: Any, given: Values | None, starting: Mapping[str, Any]) -> list[Row]:
    """What stands in the rows of a table."""
    if given is not None:
        return field.with_blank(field.rows_of(given))
    return field.shown_rows(getattr(record, field.name) if record is not None else starting.get(field.name, ()))


class RecordList(RecordPage):
    changed_by: ClassVar[Access] = NOBODY
    """Whom the list offers to make and change records."""

    async def get(self) -> None:
        listing = self.listing()
        if self.word("format") == "csv" and self.resource.export:
            await self._export(listing)
            return
        resource = self.resource
        await self.render(
            resource.rows,
            title=self.locale.translate(resource.title),
            resource=resource,
            results=await resource.service.find(listing),
            may_change=self.changed_by.allows(self.person.role),
            **await resource.context(),
        )

    async def _export(self, listing: Listing) -> None:
        every = Listing(listing.text, listing.sort, listing.descending, size=EVERYTHING.size)
        found = await self.resource.service.find(every)
        names = self.resource.export
        labels = {field.name: field.label for field in self.resource.fields}
        await self.send_csv(
            self.resource.path.strip("/"),
            [labels.get(name, name) for name in names],
            ([getattr(record, name) for name in names] for record in found.rows),
        )


class RecordForm(RecordPage):
    """`new` has no id in its address."""

    async def get(self, record_id: str | None = None) -> None:
        record = await self.resource.service.get(int(record_id)) if record_id else None
        await self.show_form(record)

    async def post(self, record_id: str | None = None) -> None:
        resource, values = self.resource, self.values()
        if EDIT in values:
            record = await resource.service.get(int(record_id)) if record_id else None
            await self.show_form(record, press(resource.fields, values, values[EDIT][-1]))
            return
        try:
            draft = resource.read(values)
            if record_id:
                await resource.service.change(int(record_id), draft, self.author)
                self.done("saved", resource.path)
            else:
                await self.created(await resource.service.create(draft, self.author))
        except UserError as error:
            if error.status == 404:
                raise
            record = await resource.service.get(int(record_id)) if record_id else None
            await self.show_form(record, values, self.form_problems(error))

    async def created(self, record_id: int) -> None:  # noqa: ARG002
        """What the browser gets after a new record was stored."""
        self.done("created", self.resource.path)


class RecordDelete(RecordPage):
    async def get(self, record_id: str) -> None:
        record = await self.resource.service.get(int(record_id))
        await self._ask(record)

    async def post(self, record_id: str) -> None:
        record = await self.resource.service.get(int(record_id))
        try:
            await self.resource.service.delete(int(record_id), self.author)
        except UserError as error:
            self.set_status(error.status)
            await self._ask(record, error)
            return
        self.done("deleted", self.resource.path)

    async def _ask(self, record: Any, refusal: UserError | None = None) -> None:
        resource = self.resource
        await self.render(
            "delete.html",
            title=self.locale.translate("Delete"),
            back=resource.path,
            name=resource.name_of(record, self.locale.translate),
            consequence=self.locale.translate(resource.follows) if resource.follows else "",
            version=None,
            refusal=refusal,
        )


def record_routes(
    resource: AnyResource,
    access: Access,
    *,
    listing: type[RecordList] = RecordList,
    form: type[RecordForm] = RecordForm,
    deletion: type[RecordDelete] = RecordDelete,
    seen_by: Access | None = None,
) -> list[Any]:
    """Addresses of a resource's list, form and deletion, for those who have `access`.

    Pages are given only where they do more than any other record's. `seen_by` opens the list, and nothing
    else, to others.
    """
    form, deletion = _open_to(access, form), _open_to(access, deletion)
    given = {"resource": resource}
    path = resource.path
    return [
        (path, _open_to(seen_by or access, listing, changed_by=access), given),
        (rf"{path}/new", form, given),
        (rf"{path}/([0-9]{{1,18}})", form, given),
        (rf"{path}/([0-9]{{1,18}})/delete", deletion, given),
    ]


def _open_to[Kind: RecordPage](access: Access, page: type[Kind], **more: Access) -> type[Kind]:
    """The same page with an access of its own: who gets in is read off a route's class."""
    return cast("type[Kind]", type(page.__name__, (page,), {"access": access, **more}))
