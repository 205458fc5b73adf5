"""Two hundred invented patients. Identity numbers carry an area code that was never given out."""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from appliance.callcenter.patients.model import PatientDraft, PatientPhone

COUNT = 200
FAMILIES = 14
"""Households of three behind one telephone number."""

VIPS = 12
AREA = "990000"

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
MALE = ("伟", "强", "建国", "志明", "文杰", "浩然", "子轩", "国庆", "德胜", "海涛", "晓东", "立新", "俊峰", "永强")
FEMALE = ("芳", "秀英", "丽华", "淑珍", "雨桐", "欣怡", "桂兰", "晓燕", "静", "玉梅", "婷婷", "思涵", "慧敏", "春梅")
DEPARTMENTS = ("心内科", "骨科", "妇产科", "儿科", "神经内科", "普外科", "眼科", "呼吸内科", "肿瘤科", "内分泌科")
STREETS = ("人民路", "解放大道", "建设街", "中山路", "文化路", "新华街", "和平里", "幸福小区", "滨河路")
NOTES = (
    "青霉素过敏。",
    "听力不好，说话请慢一些。",
    "术后第三天随访。",
    "家属代为联系，先核对身份。",
    "每月复查血压。",
    "行动不便，需要轮椅。",
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def identity_number(born: date, order: int) -> str:
    """With the right check sign (GB 11643-1999), so that forms take it."""
    body = f"{AREA}{born:%Y%m%d}{order % 1000:03}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def patients(random: Random, today: date) -> Iterator[PatientDraft]:
    """The first three times FAMILIES share a number three by three: parent, spouse, child."""
    names: set[str] = set()
    for index in range(COUNT):
        family = index // 3 if index < 3 * FAMILIES else None
        relation = ("self", "spouse", "child")[index % 3] if family is not None else "self"
        surname = SURNAMES[family] if family is not None and relation != "spouse" else random.choice(SURNAMES)
        male = bool(random.getrandbits(1))
        name = surname + random.choice(MALE if male else FEMALE)
        while name in names:
            name = surname + random.choice(MALE if male else FEMALE) + random.choice("明华平云海")
        names.add(name)
        years = random.randint(3, 15) if relation == "child" else random.randint(22, 86)
        born = today - timedelta(days=years * 365 + random.randint(0, 364))
        order = 2 * index + (1 if male else 0)
        yield PatientDraft(
            name=name,
            sex="male" if male else "female",
            birth_date=born.isoformat(),
            identity_number=identity_number(born, order),
            card_number=f"M{20260000 + index}",
            vip=index % (COUNT // VIPS) == 5,
            department=random.choice(DEPARTMENTS),
            address=f"{random.choice(STREETS)}{random.randint(1, 299)}号" if random.random() < 0.6 else "",
            notes=random.choice(NOTES) if random.random() < 0.25 else "",
            phones=(PatientPhone(telephone(family if family is not None else 100 + index), relation),),
        )


def telephone(line: int) -> str:
    """A mobile number of a block nobody has: 1990000xxxx."""
    return f"1990000{line:04}"
