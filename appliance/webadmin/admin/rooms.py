"""Conference rooms: list, form, one for right now, and the page of who is inside."""

from typing import Any

from appliance.callcenter.forms import FormError, Values, phrase
from appliance.callcenter.rooms import forms
from appliance.callcenter.rooms.model import Room, RoomDraft
from appliance.callcenter.rooms.service import RoomService
from appliance.webadmin.admin.page import Page
from appliance.webadmin.admin.records import Column, Resource, record_routes
from appliance.webadmin.permissions import Permission, needs

VIEW = needs(Permission.ROOMS_VIEW)
MANAGE = needs(Permission.ROOMS_MANAGE)
LONGEST_NAME = 40


class Rooms(Resource[Room, RoomDraft]):
    path = "/rooms"
    title = phrase("Conference rooms")
    new = phrase("New conference room")
    icon = "users-group"
    empty = phrase("No conference room yet. Schedule one, or make one for right now.")
    about = phrase("Numbers where several people talk with each other: staff, patients, experts from outside.")
    rows = "rooms.html"
    fields = forms.FIELDS
    columns = (
        Column(phrase("Number"), "number"),
        Column(phrase("Room name"), "name"),
        Column(phrase("When"), "starts"),
        Column(phrase("PINs")),
        Column(phrase("Created by")),
        Column(phrase("Change"), narrow=True),
    )

    def read(self, values: Values) -> RoomDraft:
        return forms.read(values)


class RoomNow(Page):
    """Makes a room and shows its PINs, once."""

    access = VIEW

    def initialize(self, rooms: RoomService) -> None:
        self._rooms = rooms

    async def get(self) -> None:
        self.redirect("/rooms", status=303)

    async def post(self) -> None:
        name = self.get_body_argument("name", "").strip() or self.locale.translate("Conference")
        if len(name) > LONGEST_NAME:
            raise FormError.of("name", phrase("At most %(limit)s characters"), limit=LONGEST_NAME)
        made = await self._rooms.create_now(name, self.author)
        await self.render("room_made.html", title=name, made=made)


class RoomPage(Page):
    """Who is inside, live; the island asks call control."""

    access = VIEW

    def initialize(self, rooms: RoomService) -> None:
        self._rooms = rooms

    async def get(self, room_id: str) -> None:
        room = await self._rooms.get(int(room_id))
        await self.render("room.html", title=room.name, room=room)


def routes(rooms: RoomService) -> list[Any]:
    given = {"rooms": rooms}
    return [
        (r"/rooms/now", RoomNow, given),
        (r"/rooms/([0-9]{1,18})/live", RoomPage, given),
        *record_routes(Rooms(rooms), MANAGE, seen_by=VIEW),
    ]
