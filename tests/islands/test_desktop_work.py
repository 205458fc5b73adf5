"""The work side of the desktop in a real browser: orders, lists, cards, pauses, keys, devices."""

import pytest

from appliance import clock
from tests.desk_double import PATIENTS
from tests.islands.conftest import serious_findings, until
from tests.islands.desktop import TOO_WIDE, arguments_of, signed_in, verbs


async def talking(open_tab, islands, **call):
    page = await signed_in(open_tab)
    islands.control.ring(1, **({"patients": [PATIENTS[1]], "patient_id": 1} | call))
    islands.control.talk(1)
    await page.wait_for_selector("[data-phase=talking]")
    return page


@pytest.mark.req("AGT-2")
async def test_a_work_order_is_made_beside_the_call_and_linked_to_it(open_tab, islands):
    page = await talking(open_tab, islands)
    await page.click("[data-tab=order]")
    await page.fill("#hcc-order-text", "请心内科回电")
    await page.click("[data-action=order]")
    await page.locator(".hcc-wrong").get_by_text("请选择科室").wait_for()
    await page.click("[data-tab=wrap]")
    await page.click("[data-tab=order]")
    assert await page.input_value("#hcc-order-text") == "请心内科回电", "a draft stays"
    await page.select_option("#hcc-order-department_id", "1")
    await page.click("[data-action=order]")
    await page.get_by_text("工单 #13 已提交到心血管内科").wait_for()
    (made,) = islands.pages.created
    assert (made["patient_id"], made["telephone"], made["department_id"]) == ("1", "13800138000", "1")
    assert made["interaction_id"] in islands.control.calls
    await page.locator("hcc-wrap-form").get_by_text("#13").wait_for()


@pytest.mark.req("AGT-1")
async def test_a_promised_call_is_asked_for_and_sent_with_the_form(open_tab, islands):
    page = await talking(open_tab, islands)
    islands.control.end(1)
    await page.locator("label", has_text="随访回访").click()
    await page.locator("label", has_text="需回访").click()
    await page.fill("#hcc-wrap-again", "2020-01-01T09:00")
    await page.click("[data-action=wrap_up]")
    await page.get_by_text("约定回电的时间已经过去").wait_for()
    await page.get_by_role("button", name="明天 9 点").click()
    await page.focus("#hcc-wrap-notes")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_selector("[data-state=ready]")
    assert arguments_of(islands, "wrap_up")["call_again_at"] > clock.now_ms()


@pytest.mark.req("AGT-2")
async def test_the_form_offers_the_business_types_of_the_calls_queue(open_tab, islands):
    islands.control.queues[1]["business_types"] = ["registration", "complaint"]
    draft = {"by": 2, "business_type": "promotion", "outcome": "resolved", "notes": "要改约"}
    page = await talking(open_tab, islands, draft=draft)
    offered = page.locator("[name=business_type]")
    assert await offered.evaluate_all("all => all.map((one) => one.value)") == ["registration", "complaint"]
    islands.control.end(1)
    await page.click("[data-action=wrap_up]")
    await page.locator(".hcc-choice-missing legend", has_text="业务类型").wait_for()
    await page.locator("label", has_text="投诉建议").click()
    await page.click("[data-action=wrap_up]")
    await page.wait_for_selector("[data-state=ready]")
    assert arguments_of(islands, "wrap_up")["business_type"] == "complaint"


@pytest.mark.req("PBX-10", "AGT-3")
async def test_the_caller_is_proposed_for_the_blacklist_by_keyboard_alone(open_tab, islands):
    page = await talking(open_tab, islands)
    await page.keyboard.press("Alt+b")
    sheet = page.locator("dialog[open]")
    await sheet.get_by_text("138 0013 8000").wait_for()
    await page.keyboard.press("Enter")
    await sheet.get_by_text("请填写原因").wait_for()
    assert "propose_block" not in verbs(islands)
    await page.keyboard.type("反复推销")
    assert await serious_findings(page) == []
    await page.keyboard.press("Enter")
    await sheet.wait_for(state="detached")
    await page.get_by_text("已申请拉黑 138 0013 8000").wait_for()
    (call,) = islands.control.calls
    assert arguments_of(islands, "propose_block") == {"reason": "反复推销", "call": call}
    islands.control.end(1)
    await page.get_by_role("button", name="申请拉黑").click()
    await sheet.get_by_role("button", name="辱骂威胁").click()
    assert await page.input_value("#hcc-block-reason") == "辱骂威胁"
    await page.keyboard.press("Escape")
    await sheet.wait_for(state="detached")
    assert verbs(islands).count("propose_block") == 1


@pytest.mark.req("AGT-1")
async def test_the_lists_show_promised_calls_orders_and_todays_calls(open_tab, islands):
    page = await signed_in(open_tab)
    pane = page.locator("hcc-lists-pane")
    await pane.get_by_text("问化验结果").wait_for()
    for expected in ("#12", "医务科", "已回复", "张伟"):
        assert expected in await pane.inner_text()
    await pane.get_by_role("button", name="已回电").click()
    await pane.get_by_text("没有约定的回电").wait_for()
    assert islands.pages.done == ["5"]
    await pane.get_by_role("button", name="张伟").click()
    await until(lambda: "dial" in verbs(islands))
    assert arguments_of(islands, "dial") == {"number": "13800138000", "patient_id": 1}


@pytest.mark.req("AGT-2")
async def test_a_reply_to_an_order_is_told_and_the_lists_follow(open_tab, islands):
    page = await signed_in(open_tab)
    islands.pages.lists["orders"][0]["department"] = "心内科"
    notice = {"level": "info", "text": "心内科已回复工单 #12", "order": 12}
    islands.control.publish({"notice": notice}, to=[1])
    link = page.get_by_role("link", name="心内科已回复工单 #12")
    assert await link.get_attribute("href") == "/orders/12"
    await page.locator("hcc-lists-pane").get_by_text("心内科").wait_for()


@pytest.mark.req("AGT-1")
async def test_phrase_cards_follow_queue_and_business_type_with_names_filled_in(open_tab, islands):
    page = await talking(open_tab, islands)
    cards = page.locator("hcc-script-cards")
    shown = await cards.inner_text()
    assert "您好，市第一人民医院，工号 1001。" in shown
    assert "体检须知" not in shown, "the card of another queue"
    await page.locator("label", has_text="投诉建议").click()
    await cards.get_by_text("张伟，非常抱歉。").wait_for()
    await page.locator("label", has_text="预约挂号").click()
    await cards.get_by_text("非常抱歉").wait_for(state="detached")


@pytest.mark.req("AGT-1")
async def test_a_name_that_is_not_known_is_marked_not_read_out(open_tab, islands):
    page = await talking(open_tab, islands, patients=[], patient_id=None)
    await page.locator("hcc-script-cards summary", has_text="核对身份").click()
    assert await page.locator("hcc-script-cards mark").first.inner_text() == "患者姓名"


@pytest.mark.req("AGT-1")
async def test_a_pause_over_its_limit_is_told_kindly(open_tab, islands):
    page = await signed_in(open_tab)
    await page.click("hcc-menu > button")
    await page.get_by_role("menuitem", name="小休 · 限 15 分钟").click()
    await page.get_by_text("示忙 · 小休").wait_for()
    assert await page.locator(".hcc-too-long").count() == 0
    islands.control.set_agent(1, limit_at=clock.now_ms() - 61_000)
    await page.get_by_text("小休已超过规定时间 1:0").wait_for()
    await page.wait_for_selector("hcc-top-bar hcc-time.hcc-over")


@pytest.mark.req("AGT-1")
async def test_sign_out_during_a_call_is_a_wish_that_can_be_taken_back(open_tab, islands):
    page = await talking(open_tab, islands)
    await page.get_by_role("button", name="通话后签出").click()
    await page.wait_for_selector("[data-next=sign_out]")
    assert arguments_of(islands, "sign_out") == {"after_call": True}
    await page.get_by_role("button", name="取消通话后的安排").click()
    await page.wait_for_selector("[data-next]", state="detached")


@pytest.mark.req("AGT-3")
async def test_keys_work_on_the_page_and_never_while_typing_or_composing(open_tab, islands):
    page = await talking(open_tab, islands)
    await page.focus("#hcc-wrap-notes")
    await page.keyboard.press("Alt+g")
    await page.keyboard.press("?")
    await page.evaluate(
        """() => {
          const press = (options) => document.dispatchEvent(new KeyboardEvent("keydown", {bubbles: true, ...options}));
          document.activeElement.blur();
          press({key: "g", code: "KeyG", altKey: true, isComposing: true});
          press({key: "Process", code: "KeyG", altKey: true, keyCode: 229});
          press({key: "?", keyCode: 229});
        }"""
    )
    assert await page.locator("dialog").count() == 0
    assert "hang_up" not in verbs(islands)
    await page.locator("label", has_text="投诉建议").click()
    await page.keyboard.press("?")
    sheet = page.locator("dialog[open]")
    await sheet.get_by_text("Alt+G").wait_for()
    await page.keyboard.press("Escape")
    await sheet.wait_for(state="detached")
    await page.keyboard.press("Alt+g")
    await page.wait_for_selector("[data-state=wrap_up]")
    assert verbs(islands)[-1] == "hang_up"
    await page.locator("label", has_text="已解决").click()
    await page.keyboard.press("Alt+s")
    await page.wait_for_selector("[data-state=ready]")
    await page.keyboard.press("Alt+n")
    assert await page.evaluate("document.activeElement.id") == "hcc-order-business_type"


async def compose(page, selector, text):
    """Type with an input method: what is composed arrives with composition events."""
    await page.focus(selector)
    session = await page.context.new_cdp_session(page)
    for length in range(1, len(text) + 1):
        await session.send(
            "Input.imeSetComposition", {"text": text[:length], "selectionStart": length, "selectionEnd": length}
        )
    await session.send("Input.insertText", {"text": text})


@pytest.mark.req("AGT-3")
async def test_chinese_is_composed_in_notes_and_search_without_a_slip(open_tab, islands):
    page = await talking(open_tab, islands)
    await compose(page, "#hcc-wrap-notes", "改约周三")
    assert await page.input_value("#hcc-wrap-notes") == "改约周三"
    await compose(page, "[role=combobox]", "张伟")
    await page.wait_for_selector("[role=option]")
    assert verbs(islands)[-1] == "take_over", "nothing was asked of call control"


@pytest.mark.req("AGT-3")
async def test_devices_are_chosen_heard_and_remembered(open_tab):
    page = await signed_in(open_tab)
    await page.click("[data-action=devices]")
    await page.wait_for_selector("#hcc-microphone option:nth-child(2)", state="attached")
    await until(lambda: page.evaluate("document.querySelector('.hcc-level').value > 0.2"))
    chosen = await page.locator("#hcc-microphone option").nth(1).get_attribute("value")
    await page.select_option("#hcc-microphone", chosen)
    await page.fill("#hcc-volume", "30")
    await page.click("[data-test=ring]")
    await page.keyboard.press("Escape")
    await page.reload()
    await page.wait_for_selector("[data-state=ready]")
    kept = await page.evaluate("JSON.parse(localStorage.getItem('hcc-devices'))")
    assert (kept["microphone"], kept["volume"]) == (chosen, 30)
    asked = await page.evaluate("import('/static/islands/devices.js').then((own) => own.soundConstraints())")
    assert asked["audio"]["deviceId"] == {"ideal": chosen}


@pytest.mark.req("AGT-3")
async def test_a_hidden_tab_blinks_and_notifies_while_it_rings(open_tab, islands):
    page = await signed_in(open_tab)
    await page.evaluate(
        """() => {
          document.hasFocus = () => false;
          window.told = [];
          window.Notification = class {
            static permission = "granted";
            constructor(title, options) { window.told.push([title, options.body]); }
            close() { window.told.push("closed"); }
          };
        }"""
    )
    plain = await page.title()
    islands.control.ring(1, patients=[PATIENTS[1]], patient_id=1)
    await until(lambda: page.evaluate("document.title.startsWith('来电')"))
    assert await page.evaluate("window.told") == [["来电", "张伟 13800138000"]]
    islands.control.end(1, wrap_up=False)
    await until(lambda: page.evaluate("plain => document.title === plain", plain))
    assert (await page.evaluate("window.told"))[-1] == "closed"


@pytest.mark.req("AGT-1")
async def test_several_owed_forms_are_counted_and_a_call_from_before_has_its_number(open_tab, islands):
    page = await signed_in(open_tab)
    islands.control.wrap_ups[1] = {"call": "older", "deadline": None, "saved": False, "more": 2}
    islands.control.set_agent(1, state="busy", cause="wrap_up_missing")
    await page.get_by_text("还有 2 份更早的小结待填").wait_for()
    await page.locator("hcc-wrap-form").get_by_text("137 0000 7777").wait_for()


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_the_work_side_is_accessible_and_fits(open_tab, islands, language):
    page = await open_tab(language=language)
    await page.click("[data-action=sign_in]")
    await page.wait_for_selector("hcc-lists-pane [data-list=calls] li")
    findings = []

    async def look(name):
        findings.extend(f"{name}: {one}" for one in await serious_findings(page))
        findings.extend(f"{name} too wide: {one}" for one in await page.evaluate(TOO_WIDE))

    await look("lists")
    islands.control.ring(1, patients=[PATIENTS[1]], patient_id=1)
    islands.control.talk(1)
    await page.wait_for_selector("[data-phase=talking]")
    await page.keyboard.press("Alt+n")
    await page.wait_for_selector("hcc-order-form form")
    await look("order")
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("?")
    await page.wait_for_selector("dialog[open]")
    await look("keys")
    await page.keyboard.press("Escape")
    await page.click("[data-action=devices]")
    await page.wait_for_selector("dialog[open]")
    await look("devices")
    assert findings == []
