"""What programs send and get: JSON for new ones, forms with XML or plain text for old ones, UTF-8 or GB18030."""

import codecs
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import msgspec

from appliance.errors import InvalidError, UserError

type Document = dict[str, Any]

JSON, XML, TEXT = "json", "xml", "text"
CONTENT_TYPES = {JSON: "application/json", XML: "text/xml", TEXT: "text/plain"}
CHARSETS = {"utf-8": "utf-8", "utf8": "utf-8", "gbk": "gb18030", "gb2312": "gb18030", "gb18030": "gb18030"}
FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 50


class WrongFormatError(InvalidError):
    code, status = "wrong-format", 415
    zh, en = "请求内容类型应为 application/json 或表单", "Please send application/json or a form"


def error_document(error: UserError, language: str) -> Document:
    """What programs read of a refusal."""
    return {"code": error.code, "message": error.text(language), "field": error.field}


def charset_of(name: str) -> str:
    """Python's name of a charset people mean, or empty."""
    return CHARSETS.get(name.strip().strip('"').lower(), "")


def content_type(header: str) -> tuple[str, str]:
    """Type and charset of a Content-Type header; the charset is empty when not said or not known."""
    kind, _, parameters = header.partition(";")
    charset = ""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = charset_of(value)
    return kind.strip().lower(), charset


def read_json(body: bytes) -> Document:
    """Raises InvalidError."""
    if not body.strip():
        return {}
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidError(str(error)) from error
    if not isinstance(document, dict):
        raise InvalidError("object")
    return document


def read_form(body: bytes, charset: str) -> Document:
    """Fields of a form; without a charset, UTF-8 if it is that, else GB18030. Raises InvalidError."""
    try:
        pairs = parse_qsl(
            body.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        raise InvalidError(str(error)) from error
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]
    said = next((charset_of(value.decode("latin-1")) for name, value in raw if name == b"charset"), "")
    known = said or charset or _guess(raw)
    try:
        return {name.decode(known): value.decode(known) for name, value in raw}
    except UnicodeDecodeError as error:
        raise InvalidError(known) from error


def _guess(pairs: list[tuple[bytes, bytes]]) -> str:
    try:
        for name, value in pairs:
            name.decode()
            value.decode()
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def typed(fields: Document, kind: type[msgspec.Struct]) -> Document:
    """Texts of a form as the types that a verb's arguments have; what does not fit stays text and is refused later."""
    described = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    return {name: _converted(value, described.get(name, str)) for name, value in fields.items()}


def _converted(value: str, kind: Any) -> Any:
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError:
        return value


def encode(document: Document, kind: str, charset: str = "utf-8") -> bytes:
    if kind == JSON:
        return msgspec.json.encode(document)
    if kind == XML:
        name = "GB18030" if charset == "gb18030" else "UTF-8"
        text = f'<?xml version="1.0" encoding="{name}"?>\n<reply>{_xml(document)}</reply>\n'
    else:
        text = "".join(f"{line}\r\n" for line in _lines(document))
    return codecs.encode(text, charset, "replace")


def _word(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


def _xml(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"<{name}>{_xml(inner)}</{name}>" for name, inner in value.items())
    if isinstance(value, list):
        return "".join(f"<item>{_xml(inner)}</item>" for inner in value)
    clean = "".join(sign for sign in _word(value) if sign >= " " or sign in "\t\n\r")
    return escape(clean)


def _lines(value: Any, name: str = "") -> list[str]:
    """`name=value` for everything, inner names behind dots, members of lists by number from 1 behind their count."""
    if isinstance(value, dict):
        pairs = [(f"{name}.{key}" if name else key, inner) for key, inner in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{name}.count", len(value))]
        pairs += [(f"{name}.{number}", inner) for number, inner in enumerate(value, 1)]
    else:
        return [f"{name}={_word(value)}".replace("\r", " ").replace("\n", " ")]
    return [line for key, inner in pairs for line in _lines(inner, key)]
