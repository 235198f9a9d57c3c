"""The frame around the views: navigation, a hub that goes and comes, addresses, languages."""
import re

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


KNOWS = """async ([key, value]) => {
    const { keys } = await import(new URL('keys/store.js', document.querySelector('script[type=module]').src))
    return keys.get(key)?.value === value }"""


def as_an_older_page(page, house):
    """The page is opened as another version than that which the hub has from then on."""
    def older(route):
        if route.request.resource_type != "document":
            return route.continue_()
        answer = route.fetch()
        route.fulfill(response=answer, body=re.sub("page/[^/\"]+/", "page/older/", answer.text()))
    page.route(house.url, older)


def test_an_open_page_goes_on_with_a_hub_of_another_version(page, house):
    as_an_older_page(page, house)
    open_house(page, house)
    page.evaluate("window.isTheSame = true")
    house.end("hub")
    expect(page.locator("html")).to_have_class(re.compile("is-out"))
    house.start("hub")
    house.put("test.upgraded", 6)
    page.wait_for_function(KNOWS, arg=["test.upgraded", 6], timeout=2500)
    expect(page.locator("html")).not_to_have_class(re.compile("is-out"))
    # The new page is offered, and views that were not loaded yet come.
    expect(page.locator("#notices")).to_contain_text("newer")
    page.click("#nav [data-section=energy]")
    expect(page.locator("main h1").first).to_have_text("Energy")
    assert page.evaluate("window.isTheSame")


def test_a_view_that_the_new_version_no_longer_has_that_way_loads_it(page, house):
    as_an_older_page(page, house)
    open_house(page, house)
    page.unroute(house.url)
    page.route("**/page/older/energy/energy.js", lambda route: route.fulfill(body="import { isGone } from '../base/dom.js'", content_type="text/javascript"))
    page.evaluate("window.isTheSame = true")
    page.click("#nav [data-section=energy]")
    expect(page.locator("main h1").first).to_have_text("Energy")
    expect(page).to_have_url(re.compile("#/energy"))
    assert not page.evaluate("window.isTheSame ?? false")


def test_after_a_night_asleep_values_are_live_within_two_seconds(page, house):
    links, is_shut = [], []

    def route(socket):
        if is_shut:
            return socket.close()
        hub, link = socket.connect_to_server(), {"is_dead": False}
        links.append(link)
        socket.on_message(lambda message: link["is_dead"] or hub.send(message))
        hub.on_message(lambda message: link["is_dead"] or socket.send(message))

    def sleep():
        # The network forgot the connection; the browser believes in it still.
        for link in links:
            link["is_dead"] = True
        page.clock.fast_forward("08:00:00")

    page.clock.install()
    page.route_web_socket(re.compile("/v2$"), route)
    open_house(page, house)
    expect(page.locator(".card.room").first).to_be_visible()
    page.evaluate("window.isTheSame = true")
    house.put("test.night", 7)
    page.wait_for_function(KNOWS, arg=["test.night", 7])
    house.put("test.night", 8)
    sleep()
    house.put("test.night", 9)
    page.wait_for_function(KNOWS, arg=["test.night", 9], timeout=2000)
    assert page.evaluate("window.isTheSame")
    expect(page.locator(".card.room").first).to_be_visible()
    # Where the hub cannot be reached in the morning, what is shown is grey.
    is_shut.append(True)
    sleep()
    expect(page.locator("html")).to_have_class(re.compile("is-out"), timeout=2500)
    expect(page.locator(".card.room").first).to_be_visible()
    is_shut.clear()
    expect(page.locator("html")).not_to_have_class(re.compile("is-out"), timeout=2500)
    assert page.evaluate("window.isTheSame")


def test_a_view_that_was_asked_for_in_a_break_comes_after_it(page, house):
    refused = []

    def route(socket):
        hub = socket.connect_to_server()

        def ask(message):
            if '"cells"' not in message and '"energy"' not in message or refused:
                return hub.send(message)
            refused.append(message)
            return socket.close()
        socket.on_message(ask)
    page.route_web_socket(re.compile("/v2$"), route)
    open_house(page, house)
    page.click("#nav [data-section=energy]")
    expect(page.locator("main h1").first).to_have_text("Energy")
    expect(page.locator("main")).not_to_contain_text("cannot be reached")
    assert refused
