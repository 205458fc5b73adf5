"""Forms: what people type becomes typed drafts, or a problem beside the right field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.callcenter.calls import business
from appliance.callcenter.extensions import forms as extension_forms
from appliance.callcenter.forms import FormError
from appliance.callcenter.patients import forms as patient_forms
from appliance.callcenter.people import forms as people_forms
from appliance.callcenter.people.passwords import weakness
from appliance.callcenter.queues import forms as queue_forms
from appliance.callcenter.settings import forms as settings_forms
from appliance.callcenter.settings.model import Settings
from appliance.callcenter.trunks import forms as trunk_forms

QUEUE = {
    "name": ["预约挂号"],
    "number": ["7001"],
    "ring_seconds": ["15"],
    "wrap_up_seconds": ["30"],
    "service_level_seconds": ["20"],
    "announce_seconds": ["60"],
    "callback_mode": ["off"],
    "callback_key": ["1"],
    "callback_attempts": ["3"],
    "callback_gap_minutes": ["5"],
    "callback_expiry_hours": ["24"],
    "strategy": ["by_skill"],
    "age_points": ["10"],
    "sticky_tried_days": ["0"],
    "sticky_talked_days": ["0"],
    "sticky_wait_seconds": ["0"],
    "agent_ids": ["3", "1"],
}
TRUNK = {
    "name": ["carrier"],
    "kind": ["address"],
    "host": ["10.0.0.1"],
    "port": ["5060"],
    "transport": ["udp"],
    "outbound_strip": ["0"],
    "order": ["100"],
    "max_calls": ["30"],
    "active": ["1"],
}
PATIENT = {"name": ["张三"], "sex": ["male"]}


def problems(read, values):
    with pytest.raises(FormError) as caught:
        read(values)
    return caught.value.problems


def test_a_queue_is_read_with_its_members_in_order():
    draft = queue_forms.read(QUEUE)
    assert (draft.name, draft.number, draft.agent_ids, draft.strategy) == ("预约挂号", "7001", (1, 3), "by_skill")


def test_business_types_of_a_queue_are_read_in_their_usual_order():
    assert queue_forms.read(QUEUE).business_types == ()
    assert queue_forms.read(QUEUE | {"business_types": ["complaint", "enquiry"]}).business_types == (
        "enquiry",
        "complaint",
    )
    assert "business_types" in problems(queue_forms.read, QUEUE | {"business_types": ["enquiry", "gossip"]})


@pytest.mark.req("AGT-2")
@pytest.mark.parametrize(
    ("code", "columns", "offered"),
    [
        ("enquiry", [], True),
        ("enquiry", [""], True),
        ("enquiry", ["complaint"], False),
        ("enquiry", ["complaint", "registration,enquiry"], True),
        ("enquiry", ["complaint", ""], True),
        ("other", ["complaint"], True),
    ],
)
def test_a_form_may_say_what_one_of_the_queues_offers_by_which_the_call_came(code, columns, offered):
    assert business.is_offered(code, map(business.parse, columns)) is offered


def test_every_field_at_fault_is_named_at_once():
    wrong = QUEUE | {"name": [""], "number": ["07"], "ring_seconds": ["4"], "age_points": ["soon"]}
    assert set(problems(queue_forms.read, wrong)) == {"name", "number", "ring_seconds", "age_points"}


@pytest.mark.parametrize("number", ["0800", "80a1", "8001;x", "８００１ ", "8001\n8002", "${EXTEN}", ""])
def test_an_extension_number_is_digits_only(number):
    assert "number" in problems(extension_forms.read, {"number": [number]})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "car rier"),
        ("name", "a]\ntype=endpoint"),
        ("host", "10.0.0.1\nmatch=0.0.0.0/0"),
        ("host", "-bad-.example"),
        ("username", "user;comment"),
        ("password", "has blank"),
        ("password", "semi;colon"),
        ("password", "line\nend"),
        ("caller_number", "8555&8001"),
        ("outbound_prefix", "${X}"),
        ("port", "65536"),
        ("kind", "else"),
    ],
)
def test_nothing_of_a_trunk_can_break_the_telephone_systems_configuration(field, value):
    assert field in problems(trunk_forms.read_trunk, TRUNK | {field: [value]})


def test_a_trunk_that_registers_needs_a_user_name():
    assert "username" in problems(trunk_forms.read_trunk, TRUNK | {"kind": ["register"]})


@pytest.mark.parametrize("target", ["", "flow:", "flow:x", "user:1", "queue:-1", "queue:²"])
def test_an_outside_number_is_answered_by_a_flow_a_queue_or_an_extension(target):
    values = {"number": ["85550000"], "target": [target], "trunk_id": [""]}
    assert "target" in problems(trunk_forms.read_did, values)


def test_outside_numbers_are_tidied():
    draft = trunk_forms.read_did({"number": ["(021) 8555-0000"], "target": ["flow:1"]})
    assert (draft.number, draft.sticky) == ("02185550000", "")
    values = {"number": ["85550000"], "target": ["flow:1"]}
    assert trunk_forms.read_did(values | {"sticky": ["off"]}).sticky == "off"
    assert "sticky" in problems(trunk_forms.read_did, values | {"sticky": ["maybe"]})


def test_an_identity_number_brings_sex_and_birth_date():
    draft = patient_forms.read(PATIENT | {"sex": [""], "identity_number": ["11010519491231002x"]})
    assert (draft.identity_number, draft.sex, draft.birth_date) == ("11010519491231002X", "female", "1949-12-31")


def test_a_wrong_check_sign_or_date_is_noticed():
    for number in ("110105194912310021", "110105194913310026"):
        assert "identity_number" in problems(patient_forms.read, PATIENT | {"identity_number": [number]})


def test_another_document_is_taken_as_it_is():
    assert patient_forms.read(PATIENT | {"identity_number": ["E 12345678"]}).identity_number == "E12345678"


def test_blank_telephone_lines_are_left_out_and_doubles_merged():
    phones = {
        "phone_number": ["138 0000 0001", "", "13800000001", "０２１85550000"],
        "phone_relation": ["self", "self", "child", "nonsense"],
    }
    read = patient_forms.read(PATIENT | phones).phones
    assert [(phone.number, phone.relation) for phone in read] == [("13800000001", "child"), ("02185550000", "other")]


def test_a_telephone_of_letters_is_refused():
    assert "phones" in problems(patient_forms.read, PATIENT | {"phone_number": ["abc"]})


def test_quick_registration_needs_a_name_and_a_number():
    assert "phone" in problems(patient_forms.read_quick, {"name": ["李四"]})
    draft = patient_forms.read_quick({"name": ["李四"], "phone": ["13900000000"]})
    assert draft.phones[0].number == "13900000000"


@pytest.mark.parametrize("value", ["2026-13-01", "26-1-1", "1800-01-01", "2999-01-01", "yesterday"])
def test_a_birth_date_is_a_date_somebody_can_have_been_born_on(value):
    assert "birth_date" in problems(patient_forms.read, PATIENT | {"birth_date": [value]})


def test_writing_cannot_be_turned_round():
    assert "name" in problems(patient_forms.read, PATIENT | {"name": ["张\u202e三"]})


@pytest.mark.parametrize("login", ["Admin", "a", "has blank", "ä", "x" * 65, "a\nb", "-dash"])
def test_a_user_name_is_plain(login):
    values = {"login": [login], "name": ["某人"], "role": ["agent"], "language": ["en"]}
    assert "login" in problems(people_forms.read_user, values)


def test_an_agent_at_a_desk_phone_needs_its_extension():
    values = {"user_id": ["1"], "number": ["1001"], "phone": ["sip"]}
    assert "extension_id" in problems(people_forms.read_agent, values)


def test_settings_know_time_zones():
    values = {name: [str(getattr(Settings(), name))] for name in Settings.__struct_fields__}
    values |= {"hospital_name": ["市第一人民医院"]}
    assert settings_forms.read(values).time_zone == "Asia/Shanghai"
    for zone in ("Mars/Olympus", "../../etc/passwd", "/etc/passwd"):
        assert "time_zone" in problems(settings_forms.read, values | {"time_zone": [zone]})


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "password",
        "P@ssw0rd",
        "12345678",
        "87654321",
        "qwertyui",
        "aaaaaaaa",
        "abababab",
        "88888888",
        "1qaz2wsx",
    ],
)
@pytest.mark.req("SEC-2")
def test_passwords_everybody_uses_are_refused(password):
    assert weakness(password) is not None


def test_a_password_does_not_contain_the_user_name():
    assert weakness("my-wangli-2026", "wangli") is not None
    assert weakness("my-wangli-2026", "liuyang") is None


@pytest.mark.parametrize("password", ["correct horse battery", "三个臭皮匠顶诸葛亮", "x7!kQ2pd"])
def test_other_passwords_are_accepted(password):
    assert weakness(password) is None


FORMS = (
    (queue_forms.FIELDS, queue_forms.read),
    (extension_forms.FIELDS, extension_forms.read),
    (trunk_forms.TRUNK_FIELDS, trunk_forms.read_trunk),
    (trunk_forms.DID_FIELDS, trunk_forms.read_did),
    (people_forms.USER_FIELDS, people_forms.read_user),
    (people_forms.AGENT_FIELDS, people_forms.read_agent),
    (settings_forms.FIELDS, settings_forms.read),
    (patient_forms.FIELDS, patient_forms.read),
)


@given(st.data())
def test_no_input_whatever_makes_a_form_fail_otherwise(data):
    """Either a draft or a FormError that names fields of the form."""
    fields, read = data.draw(st.sampled_from(FORMS))
    given_text = st.one_of(st.text(max_size=80), st.sampled_from(["1", "0", "8001", "flow:1", "udp", "agent", "zh_CN"]))
    values = {field.name: data.draw(st.lists(given_text, max_size=3)) for field in fields}
    values |= {"phone_number": data.draw(st.lists(given_text, max_size=3))}
    named: set[str] = set()
    try:
        read(values)
    except FormError as error:
        named = set(error.problems)
    assert named <= {field.name for field in fields} | {"phones", ""}
