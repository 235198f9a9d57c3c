"""The frame around the views: navigation, a hub that goes and comes, addresses, languages."""
from playwright.sync_api import expect


def open_house(page, house, address=""):
    page.goto(house.url + address)
    expect(page.locator("#nav [aria-current=page]")).to_be_visible()


def test_navigation_shows_every_view_and_back_returns(page, house):
    open_house(page, house)
    for section in ("activity", "graphs", "energy", "rules", "devices", "system", "house"):
        page.click(f"#nav [data-section={section}]")
        expect(page.locator(f"#nav [data-section={section}]")).to_have_attribute("aria-current", "page")
        expect(page.locator("main h1").first).to_be_visible()
    page.go_back()
    expect(page.locator("#nav [data-section=system]")).to_have_attribute("aria-current", "page")


def test_an_unknown_address_leads_home(page, house):
    page.goto(house.url + "#/no/such/place")
    expect(page.locator("main h1")).to_have_text("There is no such page")
    page.click("main a")
    expect(page.locator("#nav [data-section=house]")).to_have_attribute("aria-current", "page")


def test_a_hub_that_goes_is_told_and_one_that_comes_back_is_caught_up(page, house):
    open_house(page, house)
    house.end("hub")
    expect(page.locator("#bar .trouble")).to_contain_text("cannot be reached", timeout=15_000)
    house.start("hub")
    expect(page.locator("#bar .trouble")).to_be_empty(timeout=15_000)
    house.put("test.afterwards", 5)
    page.wait_for_function("""async () => {
        const { keys } = await import(new URL('keys/store.js', document.querySelector('script[type=module]').src))
        return keys.get('test.afterwards')?.value === 5 }""")


def test_the_language_of_the_browser_is_spoken(browser, house):
    context = browser.new_context(locale="de-DE", service_workers="block")
    page = context.new_page()
    open_house(page, house)
    expect(page.locator("#nav [data-section=rules]")).to_have_text("Regeln")
    assert page.evaluate("document.documentElement.lang") == "de"
    context.close()


def test_the_page_asks_nobody_but_the_hub(page, house):
    hosts = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    open_house(page, house)
    page.click("#nav [data-section=system]")
    expect(page.locator("main h1").first).to_be_visible()
    assert hosts == {house.url.split("/")[2]}


LOOKS = """() => {
  const looks = {}
  for (const selector of ['h1', 'h2', '.card', '.card > *', '.card-head', '.chip', '.summary', '.row', '.grid', '.tools', '.graph', '.graph > *', '.rule-row', 'details > summary', 'table th']) {
    const found = document.querySelector(`#main ${selector}`)
    if (!found) continue
    const style = getComputedStyle(found)
    looks[selector] = ['display', 'alignItems', 'gap', 'margin', 'padding', 'minHeight', 'minWidth', 'contentVisibility', 'whiteSpace'].map((each) => style[each]).join(' | ')
  }
  return looks
}"""


def test_a_view_looks_the_same_whatever_was_shown_before(browser, house):
    """Sheets of views stay loaded: none may change another view."""
    views = ("#/", "#/rooms/kitchen", "#/graphs", "#/rules", "#/activity", "#/energy", "#/devices", "#/system", "#/keys")

    def looks_of(page, view):
        expect(page.locator("#main h1").first).to_be_visible()
        shown = {"#/": ".card.room", "#/rooms/kitchen": ".card.device", "#/rules": ".rule-row"}.get(view)
        if shown:
            expect(page.locator(f"#main {shown}").first).to_be_visible()
        return page.evaluate(LOOKS)

    def at(page, view):
        page.evaluate("(view) => { document.querySelector('#main').replaceChildren(); location.hash = view }", view)

    fresh = {}
    for view in views:
        page = browser.new_page()
        page.goto(house.url + view)
        fresh[view] = looks_of(page, view)
        page.close()
    page = browser.new_page()
    page.goto(house.url + "#/energy")
    expect(page.locator("#main h1").first).to_be_visible()
    for view in views:
        at(page, view)
        looks_of(page, view)
    for view in reversed(views[:-1]):
        at(page, view)
        now = looks_of(page, view)
        both = fresh[view].keys() & now.keys()
        assert "h1" in both, view
        assert {each: now[each] for each in both} == {each: fresh[view][each] for each in both}, view
    page.close()
