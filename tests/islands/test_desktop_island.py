"""The agent's desktop in a real browser, from signing in to the saved notes."""

import pytest

from appliance import clock
from tests.desk_double import PATIENTS
from tests.islands.conftest import serious_findings, until
from tests.islands.desktop import TOO_WIDE, arguments_of, signed_in, verbs


@pytest.mark.req("AGT-1", "AGT-2")
async def test_an_agent_signs_in_takes_a_call_and_writes_it_up(open_tab, islands):
    page = await signed_in(open_tab)
    call = islands.control.ring(1, patients=[PATIENTS[1]], patient_id=1, path=[["主菜单", "1"]], vip=True)
    card = page.locator("[data-phase=ringing]")
    await card.wait_for()
    text = await card.inner_text()
    for expected in ("138 0013 8000", "张伟", "VIP", "预约挂号", "主菜单", "按 1"):
        assert expected in text
    await page.locator("hcc-patient-pane", has_text="心血管内科").wait_for()
    islands.control.talk(1)
    await page.wait_for_selector("[data-phase=talking]")
    await page.get_by_text("预约挂号", exact=True).last.click()
    await page.fill("#hcc-wrap-notes", "改约下周三")
    islands.control.end(1)
    await page.wait_for_selector("[data-state=wrap_up]")
    await page.click("[data-action=wrap_up]")
    assert "请选择业务类型和处理结果" in await page.locator("hcc-work-pane").inner_text()
    await page.get_by_text("已解决").click()
    await page.click("[data-action=wrap_up]")
    await page.wait_for_selector("[data-state=ready]")
    form = {
        "business_type": "registration",
        "outcome": "resolved",
        "notes": "改约下周三",
        "patient_id": 1,
        "call": call,
    }
    assert arguments_of(islands, "wrap_up") == form


async def test_buttons_of_a_call_ask_the_server(open_tab, islands):
    page = await signed_in(open_tab)
    islands.control.ring(1)
    islands.control.talk(1)
    await page.click("[data-action=mute]")
    await page.wait_for_selector("[data-action=mute][aria-pressed=true]")
    await page.click("[data-action=hold]")
    await page.wait_for_selector("[data-phase=holding]")
    await page.click("[data-action=hold]")
    await page.wait_for_selector("[data-phase=talking]")
    await page.click("[data-action=keypad]")
    await page.keyboard.type("12#")
    await until(lambda: verbs(islands).count("dtmf") == 3)
    await page.click("[data-action=hang_up]")
    await page.wait_for_selector("[data-state=wrap_up]")
    assert [verb for verb in verbs(islands) if verb != "dtmf"][2:] == ["mute", "hold", "unhold", "hang_up"]


async def test_transfer_offers_free_colleagues_first_and_any_number(open_tab, islands):
    for agent, state in ((2, "busy"), (3, "ready"), (4, "talking")):
        islands.control.do_sign_in(agent, "sip")
        islands.control.set_agent(agent, state=state)
    page = await signed_in(open_tab)
    islands.control.ring(1)
    islands.control.talk(1)
    await page.click("[data-action=transfer]")
    targets = page.locator("[data-target]")
    await until(targets.count)
    numbers = await targets.evaluate_all("all => all.map(one => one.dataset.target)")
    assert numbers[:6] == ["1003", "1002", "1004", "7000", "7001", "7002"]
    assert await page.locator("[data-target='1004']").is_disabled()
    await page.click("[data-way=transfer]")
    await page.fill("#hcc-transfer-wanted", "02012345678")
    await page.click("[data-target='02012345678']")
    await page.wait_for_selector("[data-state=wrap_up]")
    assert arguments_of(islands, "transfer") == {"target": "02012345678", "kind": ""}


@pytest.mark.req("CTI-2")
async def test_recording_is_paused_visibly_and_help_is_asked_for(open_tab, islands):
    page = await signed_in(open_tab)
    islands.control.ring(1)
    islands.control.talk(1)
    await page.click("[data-action=record]")
    await page.wait_for_selector("[data-recording=paused]")
    await page.click("[data-action=record]")
    await page.wait_for_selector("[data-recording=on]")
    await page.click("[data-action=help]")
    await page.fill("#hcc-help-note", "患者要投诉")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[data-action=help_done]")
    assert arguments_of(islands, "help") == {"note": "患者要投诉"}
    await page.click("[data-action=help_done]")
    await page.wait_for_selector("[data-action=help][aria-pressed=false]")


@pytest.mark.req("ACD-10")
async def test_a_remote_agent_signs_in_with_a_number(open_tab, islands):
    islands.control.set_agent(1, remote=True)
    page = await open_tab()
    await page.select_option(".hcc-phone-choice", "outside")
    await page.fill(".hcc-outside-number", "13900000001")
    await page.click("[data-action=sign_in]")
    await page.wait_for_selector("[data-state=ready]")
    assert arguments_of(islands, "sign_in") == {"phone": "outside", "number": "13900000001"}


async def test_several_patients_on_one_number_are_chosen_from(open_tab, islands):
    page = await signed_in(open_tab)
    islands.control.ring(1, patients=[PATIENTS[1], PATIENTS[2]])
    await page.click("[data-patient='2']")
    await until(lambda: verbs(islands)[-1] == "choose_patient")
    assert arguments_of(islands, "choose_patient") == {"patient_id": 2}
    await page.get_by_text("更换患者").click()
    await page.wait_for_selector("[data-patient='1']")


async def test_an_unknown_caller_is_registered_without_leaving_the_call(open_tab, islands):
    page = await signed_in(open_tab)
    islands.control.ring(1, caller="13700001111")
    form = page.locator("hcc-patient-form")
    await form.wait_for()
    assert await form.locator("[name=phone]").input_value() == "13700001111"
    await form.locator("button.btn-primary").click()
    assert "请填写姓名" in await form.inner_text()
    await form.locator("[name=name]").fill("赵敏")
    await form.locator("button.btn-primary").click()
    await until(lambda: verbs(islands)[-1] == "choose_patient")
    assert arguments_of(islands, "choose_patient") == {"patient_id": 9}


@pytest.mark.req("AGT-3", "AGT-4")
async def test_a_patient_is_found_by_pinyin_with_the_keyboard_alone(open_tab):
    page = await signed_in(open_tab)
    await page.keyboard.press("Control+k")
    await page.keyboard.type("zhangwei")
    await page.wait_for_selector("[role=option]")
    await page.keyboard.press("Enter")
    await page.get_by_text("138 0013 8000").wait_for()


@pytest.mark.req("AGT-3")
async def test_enter_and_escape_never_fire_while_typing(open_tab, islands):
    page = await signed_in(open_tab)
    islands.control.ring(1)
    await page.wait_for_selector("[data-phase=ringing]")
    await page.focus("[role=combobox]")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    assert "reject" not in verbs(islands)
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("Escape")
    await page.wait_for_selector("[data-state=busy]")
    assert verbs(islands)[-1] == "reject"


async def test_a_desk_phone_is_answered_by_hand(open_tab, islands):
    page = await open_tab()
    await page.select_option(".hcc-phone-choice", "sip")
    await page.click("[data-action=sign_in]")
    await page.wait_for_selector("[data-state=ready]")
    islands.control.ring(1)
    await page.get_by_text("请在桌面话机上接听").wait_for()
    assert await page.locator("[data-action=answer]").count() == 0


async def test_dialling_sends_only_telephone_numbers(open_tab, islands):
    page = await signed_in(open_tab)
    await page.fill("#hcc-dial-number", "12&PJSIP/8001")
    await page.click("[data-action=dial]")
    assert "只能输入数字" in await page.locator("hcc-dial-box").inner_text()
    await page.fill("#hcc-dial-number", "(020) 1234-5678")
    await page.click("[data-action=dial]")
    await page.wait_for_selector("[data-phase=ringing]")
    assert arguments_of(islands, "dial") == {"number": "02012345678"}
    assert "正在呼叫" in await page.locator("hcc-call-pane").inner_text()


async def test_a_refusal_is_shown_in_the_users_language(open_tab, islands):
    page = await signed_in(open_tab)
    await page.fill("#hcc-dial-number", "+")
    await page.click("[data-action=dial]")
    await page.locator("[data-level=error]").get_by_text("不能拨打该号码").wait_for()


async def test_being_busy_during_a_call_begins_after_it(open_tab, islands):
    page = await signed_in(open_tab)
    islands.control.ring(1)
    islands.control.talk(1)
    await page.click("hcc-menu > button")
    await page.get_by_role("menuitem", name="用餐").click()
    await page.get_by_text("通话后用餐").wait_for()
    islands.control.end(1)
    await page.get_by_text("咨询", exact=True).click()
    await page.get_by_text("已解决").click()
    await page.click("[data-action=wrap_up]")
    await page.get_by_text("示忙 · 用餐").wait_for()


@pytest.mark.req("AGT-3")
async def test_half_written_notes_survive_a_reload(open_tab, islands):
    page = await signed_in(open_tab)
    islands.control.ring(1, patients=[PATIENTS[1]], patient_id=1)
    islands.control.talk(1)
    await page.fill("#hcc-wrap-notes", "写到一半")
    await page.get_by_text("投诉建议").click()
    islands.control.end(1)
    await page.wait_for_selector("[data-state=wrap_up]")
    await page.reload()
    await page.wait_for_selector("[data-state=wrap_up]")
    assert await page.input_value("#hcc-wrap-notes") == "写到一半"
    assert await page.locator("[name=business_type]:checked").get_attribute("value") == "complaint"
    assert "心血管内科" in await page.locator("hcc-patient-pane").inner_text(), "the patient of the call stays too"


async def test_a_form_that_is_overdue_is_asked_for(open_tab, islands):
    page = await signed_in(open_tab)
    islands.control.ring(1)
    islands.control.talk(1)
    islands.control.end(1)
    islands.control.set_agent(1, state="busy", cause="wrap_up_missing", until=None)
    await page.get_by_text("上一通电话的小结还没有填写").wait_for()
    assert await page.locator("[data-action=ready]").is_disabled()


async def test_a_second_tab_takes_over_and_the_first_goes_dead(open_tab, islands):
    first = await signed_in(open_tab)
    second = await open_tab()
    await second.wait_for_selector("[data-action=take_over]")
    assert await first.locator("hcc-top-bar").count() == 1
    await second.click("[data-action=take_over]")
    await second.wait_for_selector("hcc-top-bar")
    await first.wait_for_selector("[data-action=take_over]")


async def test_a_reload_keeps_the_desk_without_asking(open_tab):
    page = await signed_in(open_tab)
    await page.reload()
    await page.wait_for_selector("[data-state=ready]")
    assert await page.locator("[data-action=take_over]").count() == 0


async def test_the_lamp_tells_of_a_lost_connection_and_the_page_comes_back_by_itself(open_tab, islands):
    page = await signed_in(open_tab)
    for listener in islands.feed.listeners(lambda _tab: True):
        islands.feed.remove(listener)
        listener.close(1012, "restart")
    islands.control.set_queue(1, waiting=7)
    await page.wait_for_selector("[data-lamp=web][data-value=online]")
    await until(lambda: page.get_by_text("7 等候").count())
    islands.control.publish({"configuration": 1, "pbx": False})
    await page.get_by_text("电话系统暂时不可用").wait_for()


async def test_a_call_is_heard_and_the_tune_ends_with_the_ringing(open_tab, islands):
    page = await signed_in(open_tab)
    await page.evaluate(
        """() => {
          const connect = AudioNode.prototype.connect;
          AudioNode.prototype.connect = function (target, ...rest) {
            if (target === this.context.destination) {
              window.meter = new AnalyserNode(this.context);
              connect.call(this, window.meter);
            }
            return connect.call(this, target, ...rest);
          };
          window.sound = () => {
            const wave = new Float32Array(window.meter?.fftSize ?? 1);
            window.meter?.getFloatTimeDomainData(wave);
            return Math.max(...wave);
          };
        }"""
    )
    islands.control.ring(1)
    await until(lambda: page.evaluate("window.sound() > 0.05"))
    islands.control.talk(1)
    await page.wait_for_selector("[data-phase=talking]")
    await until(lambda: page.evaluate("window.sound() === 0"))


async def test_an_ended_session_leads_to_the_log_in_page(open_tab, islands):
    page = await signed_in(open_tab)
    for listener in islands.feed.listeners(lambda _tab: True):
        listener.close(4401, "session ended")
    await page.get_by_role("link", name="重新登录").wait_for()


async def test_a_desk_phone_needs_no_microphone_and_shows_whether_it_is_there(open_tab, islands):
    page = await open_tab()
    await page.select_option(".hcc-phone-choice", "sip")
    await page.click("[data-action=sign_in]")
    await page.wait_for_selector("[data-lamp=phone][data-value=online]")
    islands.control.set_agent(1, phone_online=False)
    await page.wait_for_selector("[data-lamp=phone][data-value=offline]")
    assert arguments_of(islands, "sign_in") == {"phone": "sip"}


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_every_state_is_accessible_and_fits_the_screen(open_tab, islands, language):
    page = await open_tab(language=language)
    await page.wait_for_selector("[data-action=sign_in]")
    control, findings = islands.control, []

    async def look(name):
        findings.extend(f"{name}: {one}" for one in await serious_findings(page))
        findings.extend(f"{name} too wide: {one}" for one in await page.evaluate(TOO_WIDE))

    await look("signed out")
    await page.click("[data-action=sign_in]")
    control.do_sign_in(2, "web")
    control.set_queue(1, waiting=3, longest_since=clock.now_ms() - 83_000)
    await page.wait_for_selector("[data-state=ready]")
    await look("ready")
    control.ring(1, patients=[PATIENTS[1], PATIENTS[2]], vip=True, path=[["主菜单", "1"], ["挂号预约", "2"]])
    await page.wait_for_selector("[data-phase=ringing]")
    await look("ringing")
    control.talk(1)
    await page.click("[data-action=transfer]")
    await page.wait_for_selector("[data-target='8025']")
    await look("transfer")
    for state in ("ringing", "talking", "held"):
        consult = {"by": 1, "by_name": "王芳", "kind": "agent", "target": "1002", "name": "李娜", "agent": 2}
        call = control.agents[1]["call"]
        control.change_parties(call, consult=consult | {"state": state, "since": clock.now_ms()})
        await page.wait_for_selector(f"[data-consult={state}]")
        await look(f"consult {state}")
    control.do_merge(1)
    await page.wait_for_selector("[data-conference]")
    await look("conference")
    control.change_parties(call, members=[])
    await page.click("[data-action=help]")
    await page.wait_for_selector("#hcc-help-note")
    await look("help")
    await page.click("[data-action=keypad]")
    await look("keypad")
    await page.click("[data-action=hold]")
    await page.wait_for_selector("[data-phase=holding]")
    control.end(1)
    await page.wait_for_selector("[data-state=wrap_up]")
    await page.click("[data-action=wrap_up]")
    await look("wrap-up")
    control.publish({"configuration": 1, "pbx": False})
    await page.wait_for_selector(".hcc-banner")
    await look("without telephone system")
    assert findings == []
