"""What tests of the desktop share: signing in, what was asked of the server, what does not fit."""

TOO_WIDE = """
[...document.querySelectorAll("main *")].filter((one) => {
  const style = getComputedStyle(one);
  return one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1
    && !["auto", "scroll"].includes(style.overflowX) && style.display !== "inline"
    && !one.closest("svg, input, select, textarea, .visually-hidden");
}).map((one) => one.outerHTML.slice(0, 100))
"""


async def signed_in(open_tab, **more):
    page = await open_tab(**more)
    await page.click("[data-action=sign_in]")
    await page.wait_for_selector("[data-state=ready]")
    return page


def verbs(islands):
    return [verb for _login, verb, _arguments in islands.control.performed]


def arguments_of(islands, verb):
    return [arguments for _login, name, arguments in islands.control.performed if name == verb][-1]
