"""Names as nurses type them to find a patient."""

import pytest

from appliance.callcenter.patients.pinyin import pinyin, pinyin_initials


@pytest.mark.req("AGT-4")
@pytest.mark.parametrize(
    ("name", "spelled", "initials"),
    [
        ("张三", "zhangsan", "zs"),
        ("曾小红", "zengxiaohong", "zxh"),
        ("单雄信", "shanxiongxin", "sxx"),
        ("解曾", "xieceng", "xc"),
        ("仇英", "qiuying", "qy"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("单于明", "chanyuming", "cym"),
        ("欧阳长生", "ouyangchangsheng", "oycs"),
        ("曾", "ceng", "c"),
        ("Ann Lee", "annlee", "annlee"),
        ("", "", ""),
    ],
)
def test_names_are_spelled_as_they_are_read(name, spelled, initials):
    assert (pinyin(name), pinyin_initials(name)) == (spelled, initials)
