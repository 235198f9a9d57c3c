"""Keys and graphs: what is drawn, zoomed, read, compared, kept and corrected."""
import json
import math
import re
import time

from playwright.sync_api import expect

HOUSE = {"simulated": False, "extra": "hub: {name: test, timezone: Europe/Warsaw}\n"}

# A week in which clocks go back: the 25th of October 2026 has 25 hours in Warsaw.
SINCE, UNTIL = 1792360800, 1793055600
RANGE = f"since={SINCE}&until={UNTIL}"
FOREIGN = "<b>bold</b> <img src=x onerror=alert(1)> \u202eabc \U0001f321\u0007"


def seed(house):
    if house.get("test.done"):
        return
    times = range(SINCE, UNTIL, 300)
    now = int(time.time())
    points = {
        "test.temperature": [[t, None if SINCE + 86400 <= t < SINCE + 90000 else round(20 + 3 * math.sin(t / 86400 * 6.283), 2)] for t in times],
        "test.outside": [[t, round(5 * math.sin(t / 43200), 2)] for t in times],
        "test.meter": [[t, index * 0.5] for index, t in enumerate(times)],
        "test.door": [[t, (t // 3600) % 3 == 0] for t in range(SINCE, UNTIL, 3600)],
        "test.mode": [[t, ("home", "away", "night")[t // 14400 % 3]] for t in range(SINCE, UNTIL, 14400)],
        "test.recent": [[t, 20 + t % 600 / 100] for t in range(now - 7200, now - 60, 60)],
        "test.huge": [[SINCE + 3600, 1e308], [SINCE + 7200, -1e308], [SINCE + 10800, 5e-324], [SINCE + 14400, 0]],
        "test.tiny": [[SINCE + 3600, 1e-300], [SINCE + 7200, 5e-324]],
        "test.one": [[SINCE + 3600, 7]],
        "test.forecast": [[now - 600, 10], [now + 3600, 30]],
        "test.done": [[now, True]],
    }
    types = {"test.meter": {"type": "counter", "opts": {"unit": "kWh"}}, "test.temperature": {"type": "numeric", "opts": {"unit": "°C", "precision": 1}},
             "test.outside": {"type": "numeric", "opts": {"unit": "°C"}}}
    answer = house.api("POST", "import", {"keys": types, "points": list(map(list, points.items())), "done": True})
    assert answer.get("points"), answer


def open_graph(page, house, query):
    seed(house)
    page.goto(f"{house.url}#/graphs?{query}")
    drawn(page)


def drawn(page):
    page.wait_for_function("""() => {
      const panels = [...document.querySelectorAll('.graph-panel')].filter((each) => each.getBoundingClientRect().top < innerHeight)
      return panels.length && panels.every((each) => each.getAttribute('aria-busy') === 'false' && each.querySelector('.graph-note').textContent === '')
    }""")


def shown(page):
    """The range that the address has."""
    return {name: float(value) for name, value in re.findall(r"(since|until)=(-?[\d.]+)", page.url)}


def ink(page, panel=0):
    """How many pixels of a panel are of a strong colour: lines, bars, states."""
    return page.evaluate("""(index) => {
      const canvas = document.querySelectorAll('.graph-panel canvas')[index]
      const { data } = canvas.getContext('2d').getImageData(70, 0, canvas.width - 90, canvas.height - 30)
      let count = 0
      for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 60 && Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 40) count++
      return count
    }""", panel)


def test_each_kind_is_drawn(page, house):
    open_graph(page, house, f"keys=test.temperature,test.outside,test.meter,test.door,test.mode&{RANGE}")
    expect(page.locator(".graph-panel")).to_have_count(3)
    assert all(ink(page, index) > 300 for index in range(3)), [ink(page, index) for index in range(3)]
    expect(page.locator(".graph-legend li")).to_have_count(5)


def test_stacked_panels_share_the_axis_of_time(page, house):
    open_graph(page, house, f"keys=test.temperature,test.meter,test.door&layout=stacked&{RANGE}")
    expect(page.locator(".graph-panel")).to_have_count(3)
    box = page.locator(".graph-plot").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 50)
    places = page.evaluate("[...document.querySelectorAll('.graph-cursor')].map((each) => Math.round(each.getBoundingClientRect().left))")
    assert len(places) == 3 and len(set(places)) == 1, places
    expect(page.locator(".graph-reading").first).to_contain_text("°C")


def test_never_more_than_two_buckets_a_pixel(page, house):
    sizes = []

    def look(answer):
        if "/statistics" in answer.url or "/history" in answer.url:
            body = answer.json()
            sizes.append((len(body.get("windows", body.get("points"))), answer.url))
    page.on("response", look)
    open_graph(page, house, f"keys=test.temperature,test.door,test.mode,test.meter&since={SINCE - 30 * 86400}&until={UNTIL}")
    width = page.locator(".graph-plot").first.bounding_box()["width"]
    # Half a range on both sides is loaded, too.
    assert sizes and all(size <= width * 2 * 2 for size, _ in sizes), (width, sizes)


def test_the_wheel_scrolls_the_page_until_the_graph_is_meant(page, house):
    page.set_viewport_size({"width": 1000, "height": 500})
    open_graph(page, house, f"keys=test.temperature,test.outside,test.meter&layout=stacked&{RANGE}")
    before = shown(page)
    box = page.locator(".graph-plot").first.bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 60)
    page.mouse.wheel(0, 200)
    page.wait_for_function("() => scrollY > 0")
    assert shown(page) == before
    page.evaluate("scrollTo(0, 0)")
    page.mouse.move(box["x"] + 300, box["y"] + 61)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    page.wait_for_function("(before) => Number(/since=(\\d+)/.exec(location.hash)[1]) > before", arg=before["since"])
    after = shown(page)
    assert after["until"] < before["until"] and page.evaluate("scrollY") == 0
    drawn(page)


def test_dragging_selects_and_back_restores_it(page, house):
    open_graph(page, house, f"keys=test.temperature&{RANGE}")
    box = page.locator(".graph-plot").first.bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 500, box["y"] + 110, steps=5)
    expect(page.locator(".graph-selection").first).to_be_visible()
    page.mouse.up()
    expect(page.locator(".graph-selection").first).to_be_hidden()
    page.wait_for_function("(until) => Number(/until=(\\d+)/.exec(location.hash)[1]) < until", arg=UNTIL)
    zoomed = shown(page)
    assert SINCE < zoomed["since"] < zoomed["until"] < UNTIL
    page.mouse.move(2, 2)
    expect(page.locator(".graph-moment")).to_contain_text("–")
    text = page.locator(".graph-moment").text_content()
    page.click(".graph-legend a")
    expect(page.locator("h1")).to_contain_text("Test temperature")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Graphs")
    drawn(page)
    page.mouse.move(2, 2)
    expect(page.locator(".graph-moment")).to_have_text(text)


def test_fingers_pinch_and_pan_and_the_page_keeps_its_place(browser, house):
    seed(house)
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, service_workers="block", reduced_motion="reduce")
    page = context.new_page()
    open_graph(page, house, f"keys=test.temperature&{RANGE}")
    box = page.locator(".graph-plot").first.bounding_box()
    client = context.new_cdp_session(page)

    def touch(kind, *places):
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": box["x"] + x, "y": box["y"] + 80, "id": index} for index, x in enumerate(places)]})
    touch("touchStart", 250)
    for x in range(240, 140, -20):
        touch("touchMove", x)
    touch("touchEnd")
    page.wait_for_function("(since) => Number(/since=(\\d+)/.exec(location.hash)[1]) > since + 3600", arg=SINCE)
    panned = shown(page)
    assert abs(panned["until"] - panned["since"] - (UNTIL - SINCE)) <= 2
    touch("touchStart", 150, 250)
    for step in range(1, 6):
        touch("touchMove", 150 - step * 8, 250 + step * 8)
    touch("touchEnd")
    page.wait_for_function("(length) => { const [, a, b] = /since=(\\d+)&until=(\\d+)/.exec(location.hash); return b - a < length * 0.8 }", arg=UNTIL - SINCE)
    context.close()


def test_a_zoom_shows_at_once_what_there_is(page, house):
    open_graph(page, house, f"keys=test.temperature&{RANGE}")
    waiting, done = [], []
    page.route("**/api/keys/**", lambda route: waiting.append(route) if not done else route.continue_())
    box = page.locator(".graph-plot").first.bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 400, box["y"] + 100, steps=3)
    page.mouse.up()
    expect(page.locator(".graph-panel")).to_have_attribute("aria-busy", "true")
    assert ink(page) > 100
    page.wait_for_function("() => location.hash.includes('until')")
    for _ in range(100):
        if waiting:
            break
        page.wait_for_timeout(20)
    done.append(True)
    while waiting:
        waiting.pop().continue_()
    drawn(page)


def test_a_pan_glides_where_motion_is_welcome(browser, house):
    seed(house)
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, service_workers="block", reduced_motion="no-preference")
    page = context.new_page()
    open_graph(page, house, f"keys=test.temperature&{RANGE}")
    box = page.locator(".graph-plot").first.bounding_box()
    client = context.new_cdp_session(page)
    page.evaluate("""() => {
      const moment = document.querySelector('.graph-moment')
      window.moves = []
      addEventListener('pointerup', () => window.moves.push('up'))
      new MutationObserver(() => window.moves.push(moment.textContent)).observe(moment, { childList: true, characterData: true, subtree: true })
    }""")
    # The finger's speed is what counts, not that of a busy machine.
    start = time.time()
    for index, (kind, x) in enumerate([("touchStart", 300)] + [("touchMove", x) for x in range(280, 80, -40)] + [("touchEnd", None)]):
        client.send("Input.dispatchTouchEvent", {"type": kind, "timestamp": start + index / 50, "touchPoints": [] if x is None else [{"x": box["x"] + x, "y": box["y"] + 80}]})
    page.wait_for_function("() => window.moves.indexOf('up') >= 0 && window.moves.length > window.moves.indexOf('up') + 3")
    context.close()


def test_the_keyboard_reads_point_by_point(page, house):
    open_graph(page, house, f"keys=test.temperature,test.door&{RANGE}")
    page.locator(".graph-panels").focus()
    page.keyboard.press("Home")
    status = page.locator("#status")
    expect(status).to_contain_text("Test temperature: ")
    expect(status).to_contain_text("Test door: ")
    first = status.text_content()
    page.keyboard.press("ArrowRight")
    expect(status).not_to_have_text(first)
    page.keyboard.press("PageDown")
    page.keyboard.press("End")
    expect(status).to_contain_text("Oct 2026")
    page.keyboard.press("+")
    page.wait_for_function("(since) => Number(/since=(\\d+)/.exec(location.hash)[1]) > since", arg=SINCE)
    page.keyboard.press("Escape")
    expect(page.locator(".graph-cursor").first).to_be_hidden()


def test_live_data_moves_what_ends_now_and_nothing_else(page, house):
    open_graph(page, house, "keys=test.recent&since=-3600")
    before = ink(page)
    house.put("test.recent", 60)
    expect(page.locator(".graph-reading")).to_have_text("60")
    page.wait_for_function("(text) => document.querySelector('.graph-moment').textContent.endsWith('now')", arg="")
    assert shown(page) == {"since": -3600} and ink(page) != before
    page.goto(f"{house.url}#/graphs?keys=test.recent&since={int(time.time()) - 7200}&until={int(time.time()) - 600}")
    drawn(page)
    text = page.locator(".graph-moment").text_content()
    house.put("test.recent", 61)
    expect(page.locator(".graph-reading")).to_have_text("61")
    expect(page.locator(".graph-moment")).to_have_text(text)


def test_ranges_dates_and_steps(page, house):
    open_graph(page, house, f"keys=test.temperature&{RANGE}")
    page.get_by_role("button", name="A day").click()
    expect(page.get_by_role("button", name="A day")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_label("From").fill("2026-10-25T00:00")
    page.get_by_label("To", exact=True).fill("2026-10-26T00:00")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_function("() => location.hash.includes('since=1792879200&until=1792969200')")  # 25 hours
    expect(page.locator(".graph-moment")).to_have_text("25 Oct 2026, 00:00 – 26 Oct 2026, 00:00")
    expect(page.get_by_role("button", name="A day")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Earlier", exact=True).click()
    page.wait_for_function("() => location.hash.includes('since=1792792800&until=1792879200')")  # the day before had 24
    page.get_by_label("To", exact=True).fill("2026-10-24T00:00")
    page.get_by_role("button", name="Show", exact=True).click()
    assert page.get_by_label("To", exact=True).evaluate("(each) => each.validationMessage")


def test_bars_of_days_have_the_hours_of_their_day(page, house):
    open_graph(page, house, f"keys=test.meter&{RANGE}")
    page.set_viewport_size({"width": 500, "height": 800})
    drawn(page)
    page.click(".graph-table summary")
    cells = page.locator(".graph-table td").all_text_contents()
    # One every 300 s, half a kWh each: 6 an hour.
    assert cells and all(cell in ("6 kWh", "–") or float(cell.split("\u202f")[0]) % 6 == 0 for cell in cells[1:-1]), cells


def test_the_time_before_is_a_pale_line(page, house):
    open_graph(page, house, f"keys=test.temperature&since={SINCE + 3 * 86400}&until={SINCE + 4 * 86400}")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_label("Compare with").select_option("day")
    page.wait_for_function("() => location.hash.includes('compare=day')")
    box = page.locator(".graph-plot").first.bounding_box()
    page.wait_for_function("() => document.querySelector('.graph-note').textContent === ''")
    page.mouse.move(box["x"] + 400, box["y"] + 100)
    expect(page.locator(".graph-reading").first).to_contain_text("(then ")


def test_hours_by_weekday_are_a_table(page, house):
    open_graph(page, house, f"keys=test.temperature,test.meter,test.door&{RANGE}")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("button", name="Hours by weekday").click()
    expect(page.locator("table.heat")).to_have_count(3)
    table = page.locator("table.heat").nth(1)
    expect(table.locator("tbody tr")).to_have_count(25)
    assert set(table.locator("tbody tr").nth(12).locator("td").all_text_contents()[:7]) == {"6.00"}, table.inner_text()


def test_picture_table_and_link(page, house):
    open_graph(page, house, f"keys=test.temperature,test.door&{RANGE}")
    page.get_by_role("button", name="More", exact=True).click()
    with page.expect_download() as picture:
        page.get_by_role("button", name="Picture").click()
    assert open(picture.value.path(), "rb").read(4) == b"\x89PNG" and picture.value.suggested_filename.endswith(".png")
    with page.expect_download() as table:
        page.get_by_role("button", name="Table (CSV)").click()
    lines = open(table.value.path()).read().splitlines()
    assert lines[0] == "key,time,value" and sum(line.startswith("test.door,") for line in lines) > 100
    assert sum(line.startswith("key,") for line in lines) == 1
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".notice")).to_contain_text("copied")
    assert f"since={SINCE}&until={UNTIL}" in page.evaluate("navigator.clipboard.readText()")


def test_without_the_library_there_are_tables_and_a_sentence(page, house):
    seed(house)
    page.route("**/chart.js", lambda route: route.fulfill(status=404, content_type="application/problem+json", body=json.dumps({"status": 404, "detail": "install Debian's libjs-chart.js"})))
    page.goto(f"{house.url}#/graphs?keys=test.temperature,test.mode&{RANGE}")
    expect(page.locator(".graph .empty")).to_contain_text("install Debian's libjs-chart.js")
    expect(page.locator(".graph-table td").filter(has_text="°C").first).to_be_visible()
    expect(page.locator(".graph-table td").filter(has_text=re.compile("home|away|night", re.I)).first).to_be_visible()


def test_extremes_one_point_and_none(page, house):
    for key, text in (("test.huge", None), ("test.tiny", None), ("test.one", None)):
        open_graph(page, house, f"keys={key}&{RANGE}")
    page.goto(f"{house.url}#/graphs?keys=test.one&since={SINCE - 86400}&until={SINCE - 3600}")
    expect(page.locator(".graph-note")).to_contain_text("Nothing is known")
    page.goto(f"{house.url}#/graphs?keys=no.such.key&{RANGE}")
    expect(page.locator(".graph-note")).not_to_be_empty()
    now = int(time.time())
    open_graph(page, house, f"keys=test.forecast&since={now - 3600}&until={now + 7200}")
    assert ink(page) > 100


def test_graphs_are_chosen_and_kept_by_name(page, house):
    seed(house)
    page.goto(f"{house.url}#/graphs")
    page.get_by_role("searchbox").fill("test temp")
    page.get_by_label("Test temperature").check()
    drawn(page)
    assert "keys=test.temperature" in page.url
    page.get_by_label("Name of this graph").fill("Warm <b>")
    page.get_by_role("button", name="Keep this graph").click()
    expect(page.get_by_role("link", name="Warm <b>")).to_be_visible()
    page.goto(f"{house.url}#/graphs")
    page.get_by_role("link", name="Warm <b>").click()
    drawn(page)
    page.get_by_role("button", name="Delete Warm <b>").click()
    page.locator("dialog button.is-danger").click()
    expect(page.get_by_role("link", name="Warm <b>")).to_have_count(0)


def test_a_key_says_what_it_is_and_by_what(page, house):
    seed(house)
    house.put("test.said", 12.5)
    page.goto(f"{house.url}#/keys/test.said")
    expect(page.locator(".key-value")).to_have_text("12.5")
    expect(page.locator(".key-why")).to_contain_text("Changed")
    expect(page.locator(".key-figures")).to_contain_text("Mean over time")
    house.put("test.said", 13.5)
    expect(page.locator(".key-value")).to_have_text("13.5")
    page.goto(f"{house.url}#/keys/no.such.key")
    expect(page.locator(".empty")).to_contain_text("There is no key of this name")
    house.put("no.such.key", 1)
    expect(page.locator(".key-value")).to_have_text("1")
    house.api("DELETE", "keys/no.such.key")


def test_a_key_says_when_the_door_was_last_open(page, house):
    seed(house)
    page.goto(f"{house.url}#/keys/test.door?since={SINCE}&until={SINCE + 86400}")
    expect(page.locator(".key-figures")).to_contain_text("Last “open”")
    expect(page.locator(".key-figures")).to_contain_text("for 1")
    drawn(page)
    page.locator(".graph-panels").focus()
    page.keyboard.press("End")
    expect(page.locator("#status")).to_contain_text(", since ")


def test_points_are_corrected_and_it_is_taken_back(page, house):
    seed(house)
    page.goto(f"{house.url}#/keys/test.one?{RANGE}")
    page.get_by_text("Points, one by one").click()
    page.get_by_role("button", name=re.compile("Correct the point")).click()
    page.get_by_label("Value").fill("8,5")
    page.get_by_role("button", name="Set this value").click()
    expect(page.locator("td").filter(has_text="8.5")).to_be_visible()
    page.locator(".notice").get_by_role("button", name="Undo last correction").click()
    expect(page.locator("details td").filter(has_text=re.compile("^7$"))).to_be_visible()


def test_points_are_paged(page, house):
    seed(house)
    page.goto(f"{house.url}#/keys/test.temperature?{RANGE}")
    page.get_by_text("Points, one by one").click()
    rows = page.locator("details tbody tr")
    expect(rows).to_have_count(50)
    first = rows.first.text_content()
    page.locator("details").get_by_role("button", name="Later").click()
    expect(rows.first).not_to_have_text(first)
    page.locator("details").get_by_role("button", name="Earlier").click()
    expect(rows.first).to_have_text(first)


def test_points_say_by_what_they_came(page, house):
    seed(house)

    def relay(socket):
        server = socket.connect_to_server()

        def answer(message):
            body = json.loads(message)
            if "activity" not in body:
                return server.send(message)
            cause = {"kind": "rule", "rule": "hall-light", "run": 42, "step": "1"}
            socket.send(json.dumps({"query_id": body["query_id"], "result": {"activity": [{"time": SINCE + 3600, "kind": "change", "key": "test.one", "cause": cause}], "before": None}}))
        socket.on_message(answer)
    page.route_web_socket(re.compile("/v2$"), relay)
    page.goto(f"{house.url}#/keys/test.one?{RANGE}")
    page.get_by_text("Points, one by one").click()
    expect(page.get_by_role("link", name="hall-light")).to_have_attribute("href", "#/rules/hall-light?run=42")


def test_foreign_names_stay_text(page, house):
    seed(house)
    house.put("odd.text", FOREIGN)
    page.goto(f"{house.url}#/keys?match=odd")
    expect(page.locator(".key-rows .key-row")).to_have_count(1)
    page.locator(".key-rows a").click()
    expect(page.locator(".key-value")).to_contain_text("<b>bold</b>")
    page.goto(f"{house.url}#/graphs?keys=odd.text&since=-3600")
    drawn(page)
    expect(page.locator(".graph-reading")).to_contain_text("<img")
    assert page.locator("main img, main .key-value b").count() == 0


def test_thousands_of_keys_are_a_list_of_those_in_sight(page, house):
    seed(house)
    now = time.time()
    house.api("POST", "import", {"points": [[f"many.key{index:04}", [[now, index]]] for index in range(4000)], "done": True})
    page.goto(f"{house.url}#/keys?match=many")
    expect(page.get_by_text("4,000 keys")).to_be_visible()
    assert page.locator(".key-rows .key-row").count() < 80
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.get_by_text("many.key3999")).to_be_visible()
    page.get_by_label("Filter by name").fill("many 0123")
    expect(page.locator(".key-rows .key-row")).to_have_count(1)
    house.put("many.key0123", 77)
    expect(page.locator(".key-rows")).to_contain_text("77")


def test_a_key_gets_another_name(page, house):
    seed(house)
    house.put("test.renamed", 5)
    page.goto(f"{house.url}#/keys/test.renamed")
    page.locator("summary").get_by_text("Options").click()
    page.get_by_label("New name").fill("test.other")
    page.get_by_role("button", name="Rename").click()
    expect(page.locator("h1")).to_have_text("Test other")
    house.api("DELETE", "keys/test.other")


def test_an_outage_of_the_hub_is_hatched_and_said(page, house):
    seed(house)
    house.end("hub")
    house.start("hub")
    open_graph(page, house, "keys=test.recent&since=-600")
    expect(page.locator(".graph-hint")).to_contain_text("the hub was off")


def test_a_graph_goes_on_when_the_hub_is_back(page, house):
    open_graph(page, house, f"keys=test.temperature&{RANGE}")
    house.end("hub")
    page.get_by_role("button", name="An hour").click()
    expect(page.locator("#bar .trouble")).to_contain_text("cannot be reached", timeout=15_000)
    house.start("hub")
    page.wait_for_function("() => document.querySelector('.graph-panel').getAttribute('aria-busy') === 'false'", timeout=30_000)
    assert ink(page) > 50
