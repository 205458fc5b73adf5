"""The demonstration hospital's departments, work orders and phrase cards."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from appliance import clock
from appliance.callcenter.departments.tables import DepartmentMemberRow, DepartmentRow
from appliance.callcenter.people.tables import UserRow
from appliance.callcenter.scripts.tables import ScriptRow
from appliance.callcenter.work_orders.tables import WorkOrderRow, WorkOrderStepRow
from provisioning import demo_history

HOUR_MS = 3_600_000

DEPARTMENTS = (
    ("心血管内科", "8101", 24, ("cardiology",)),
    ("门诊部", "8102", 8, ("manager",)),
    ("医务科", "8103", 48, ("manager",)),
    ("投诉办公室", "8104", 24, ("manager",)),
)


@dataclass(frozen=True)
class Told:
    """`hours_ago` it was made, `due_in` hours from now; `reply` what the department answered."""

    maker: str
    department: str
    business_type: str
    urgency: str
    status: str
    hours_ago: int
    due_in: int
    text: str
    reply: str = ""


ORDERS = (
    Told(
        *("agent1", "心血管内科", "consultation", "urgent", "open", 3, 9),
        "患者服用降压药后头晕，想请王主任的门诊护士回电，说明是否需要调整剂量。",
    ),
    Told(
        *("agent2", "投诉办公室", "complaint", "normal", "open", 30, -6),
        "反映周一上午门诊缴费窗口排队超过一小时，希望答复改进措施。",
    ),
    Told(
        *("agent1", "门诊部", "registration", "normal", "accepted", 5, 3),
        "预约成功但没有收到短信，请核对手机号并补发。",
    ),
    Told(
        *("agent1", "心血管内科", "return_visit", "normal", "answered", 20, 4),
        "支架术后一个月，询问复查时间和需要空腹的项目。",
        "请于术后第 5 周周二上午到三楼复查，抽血需空腹，当天照常服药。已电话告知家属。",
    ),
    Told(
        *("agent3", "医务科", "enquiry", "normal", "closed", 60, -12),
        "需要复印 2025 年的住院病历，询问手续。",
        "本人持身份证到病案室办理，工作日下午两点至五点。",
    ),
)

SCRIPTS = (
    ("开场白", "", "您好，{hospital}，工号 {number} 为您服务，请问有什么可以帮您？"),
    ("核对身份", "", "为了保护您的隐私，请问您是{patient}本人吗？麻烦报一下身份证号的后四位。"),
    (
        "预约挂号",
        "registration",
        "请问您要挂哪个科室、哪一天的号？\n就诊当天请带好身份证和就诊卡，提前 30 分钟到门诊大厅取号。",
    ),
    (
        "安抚投诉",
        "complaint",
        "{patient}您好，非常抱歉给您带来不便。\n我会把您反映的情况详细记录下来，转交相关科室，并告诉您工单号和答复时限。",
    ),
    (
        "随访回访",
        "return_visit",
        "您好，这里是{hospital}随访中心，我是{agent}。\n请问{patient}出院以后恢复得怎么样？有没有按时服药？",
    ),
    ("结束语", "", "感谢您的来电，请稍后为我的服务评价，祝您健康。"),
)


async def load(session: AsyncSession, people: list[demo_history.Person]) -> None:
    """Needs users and patients."""
    users = {login: key for key, login in await session.execute(select(UserRow.id, UserRow.login))}
    departments: dict[str, int] = {}
    for name, telephone, hours, members in DEPARTMENTS:
        row = DepartmentRow(name=name, telephone=telephone, due_hours=hours)
        session.add(row)
        await session.flush()
        departments[name] = row.id
        session.add_all(DepartmentMemberRow(department_id=row.id, user_id=users[member]) for member in members)
    for place, told in enumerate(ORDERS):
        await _order(session, told, users, departments, people[place])
    for place, (title, business_type, text) in enumerate(SCRIPTS, 1):
        session.add(
            ScriptRow(
                title=title, business_type=business_type, text=text, position=place * 10, changed_at=clock.now_ms()
            )
        )
    await session.flush()


async def _order(
    session: AsyncSession,
    told: Told,
    users: dict[str, int],
    departments: dict[str, int],
    person: demo_history.Person,
) -> None:
    made = clock.now_ms() - told.hours_ago * HOUR_MS
    handler = None if told.status == "open" else users["cardiology" if told.department == "心血管内科" else "manager"]
    place = departments[told.department]
    order = WorkOrderRow(
        business_type=told.business_type,
        urgency=told.urgency,
        status=told.status,
        department_id=place,
        text=told.text,
        telephone=person.telephone,
        patient_id=person.id,
        created_at=made,
        created_by=users[told.maker],
        handler_id=handler,
        due_at=clock.now_ms() + told.due_in * HOUR_MS,
        changed_at=made,
        closed_at=made + 6 * HOUR_MS if told.status == "closed" else None,
    )
    session.add(order)
    await session.flush()
    done = [("create", users[told.maker], "", "open"), ("accept", handler, "", "accepted")]
    done += [("answer", handler, told.reply, "answered"), ("close", users[told.maker], "", "closed")]
    last = ("open", "accepted", "answered", "closed").index(told.status)
    for step, (action, user, text, status) in enumerate(done[: last + 1]):
        session.add(
            WorkOrderStepRow(
                order_id=order.id,
                at=made + step * HOUR_MS,
                user_id=user,
                action=action,
                text=text,
                department_id=place,
                status=status,
            )
        )
    await session.flush()
