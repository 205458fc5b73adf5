"""Names as nurses type them to find a patient."""

import pytest
from pypinyin import lazy_pinyin
from pypinyin.phrases_dict import phrases_dict

from appliance.callcenter.patients.pinyin import pinyin, pinyin_initials
from appliance.callcenter.patients.readings import LONGEST, syllables


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
        ("吕布", "lvbu", "lb"),
        ("李长江3床", "lichangjiang3chuang", "lcj3c"),
        ("𠀀", "he", "h"),
        ("", "", ""),
    ],
)
def test_names_are_spelled_as_they_are_read(name, spelled, initials):
    assert (pinyin(name), pinyin_initials(name)) == (spelled, initials)


@pytest.mark.req("AGT-4")
def test_every_phrase_is_spelled_as_the_dictionary_says():
    short = [phrase for phrase in phrases_dict if len(phrase) <= LONGEST]
    differing = [
        phrase for phrase in short if "".join(part for part, _ in syllables(phrase)) != "".join(lazy_pinyin(phrase))
    ]
    assert len(short) > 40_000
    assert differing == []
