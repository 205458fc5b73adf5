"""The prompts of the demonstration hospital 市第一人民医院.

They are spoken in advance, into a layer of their own: `python -m provisioning.demo_prompts OUT SPEECH`.
"""

import dataclasses
import sys
from pathlib import Path

from appliance.callcenter.prompts.render import speak
from appliance.callcenter.prompts.speech import default_voice

HOSPITAL = "市第一人民医院"


@dataclasses.dataclass(frozen=True, slots=True)
class DemoPrompt:
    key: str
    name: str
    """As staff see it in the list of prompts."""
    text: str


DEMO_PROMPTS = (
    DemoPrompt("greeting", "欢迎词", f"您好，{HOSPITAL}，欢迎您的来电。"),
    DemoPrompt(
        "main-menu",
        "主菜单",
        "挂号预约请按1，健康咨询请按2，投诉建议请按3，住院随访请按4，人工服务请按0，重听请按星号。",
    ),
    DemoPrompt(
        "after-hours",
        "下班提示",
        f"您好，{HOSPITAL}，现在已经下班。急诊请按1，值班人员请按0。",
    ),
    DemoPrompt("departments", "科室菜单", "内科请按1，外科请按2，妇产科请按3，儿科请按4，返回请按星号。"),
    DemoPrompt("registration", "挂号处", "正在为您转接挂号处，请准备好身份证和医保卡。"),
    DemoPrompt("advice", "健康咨询", "正在为您转接健康咨询护士。"),
    DemoPrompt("complaints", "投诉建议", "您的意见对我们很重要，正在为您转接。"),
    DemoPrompt("follow-up", "住院随访", "请输入您的住院号，按井号键结束。"),
)


if __name__ == "__main__":
    sys.stdout.write(speak([(said.text, default_voice(said.text)) for said in DEMO_PROMPTS], *map(Path, sys.argv[1:])))
