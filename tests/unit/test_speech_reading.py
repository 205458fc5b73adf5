"""What is said for figures, dates and signs, and what the voice is given for it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.callcenter.prompts.phonemes import phonemes
from appliance.callcenter.prompts.reading import chinese_number, english_number, spoken

pytestmark = pytest.mark.req("IVR-3")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("请按1", "请按一"),
        ("您前面还有2位患者", "您前面还有两位患者"),
        ("20位", "二十位"),
        ("105个", "一百零五个"),
        ("验证码38621", "验证码三八六二一"),
        ("共12000元", "共一万二千元"),
        ("电话0571-88886666", "电话零五七一, 八八八八六六六六"),
        ("400-800-1234咨询", "四零零, 八零零, 一二三四咨询"),
        ("拨打120", "拨打一二零"),
        ("2026-11-23复诊", "二零二六年十一月二十三日复诊"),
        ("2026年11月23日", "二零二六年十一月二十三日"),
        ("上午9:30", "上午九点三十分"),
        ("下午2:05到4:00", "下午两点零五分到四点"),
        ("门诊8:00-12:00", "门诊八点至十二点"),
        ("Open 8:00-12:00", "Open eight o'clock to twelve o'clock"),
        ("3-5天", "三至五天"),
        ("体温38.5℃", "体温三十八点五摄氏度"),
        ("优惠50%", "优惠百分之五十"),
        ("$12.5", "twelve point five"),
        ("费用￥12.5", "费用十二点五元"),
        ("重听请按*,结束请按#", "重听请按星号,结束请按井号"),
        ("２０楼", "二十楼"),
        ("《须知》😀第007号", "须知 第零零七号"),
        ("Press 1 or 12", "Press one or twelve"),
        ("Call 0571-8888 at 9:05", "Call zero five seven one, eight eight eight eight at nine oh five"),
        ("Room 1205, 95%", "Room one thousand two hundred five, ninety five percent"),
        ("Press *", "Press star"),
    ],
)
def test_figures_and_signs_are_said_as_people_say_them(text: str, said: str) -> None:
    assert spoken(text) == said


@given(st.integers(0, 99_999_999))
def test_every_chinese_number_can_be_read_back(number: int) -> None:
    assert _read_back(chinese_number(number)) == number


def _read_back(words: str) -> int:
    """The value of a Chinese cardinal, by the textbook rule and independent of the code under test."""
    places = {"十": 10, "百": 100, "千": 1000}
    total = section = figure = 0
    for word in words:
        if word in "零一二三四五六七八九":
            figure = "零一二三四五六七八九".index(word)
        elif word == "万":
            total, section, figure = (section + figure) * 10_000, 0, 0
        else:
            section += (figure or 1) * places[word]
            figure = 0
    return total + section + figure


@given(st.integers(0, 9999))
def test_every_english_number_is_words(number: int) -> None:
    assert english_number(number).replace(" ", "").isalpha()


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_leaves_only_what_can_be_spoken(text: str) -> None:
    said = spoken(text)
    assert all("㐀" <= character <= "鿿" or character.isascii() for character in said)
    assert not any(character.isdecimal() for character in said)
    assert said == said.strip()


@settings(deadline=None)  # the English dictionary is loaded with the first Latin letter
@given(st.text(alphabet="0123456789-:./% 年月日元位点请A", max_size=60))
def test_figures_in_any_arrangement_are_read(text: str) -> None:
    assert not any(character.isdecimal() for character in spoken(text))
    phonemes(text)


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("您好。", "ni↗n xau↓."),
        ("银行行长", "i↗nxa↗ŋ xa↗ŋꭧa↓ŋ"),
        ("播放", "pwo→ fa↘ŋ"),
        ("女", "ny↓"),
        ("日子", "ɻɨ↘ʦɨ"),
        ("CT", "sˈi tˈi"),
        ("agents", "ˈAʤᵊnts"),
        ("dialled", "dˈIᵊld"),
        ("做CT，请", "ʦwo↘ sˈi tˈi, ʨʰi↓ŋ"),
    ],
)
def test_words_become_the_letters_the_voice_knows(text: str, letters: str) -> None:
    assert phonemes(text) == letters
