"""What people make in the house: rooms, helpers, and a tablet on the wall; what somebody may not do has no control."""
import json
import re

from playwright.sync_api import expect

from test_house import FURNITURE, LIGHT, Device, announce, furnish, open_page

HOUSE = {"simulated": False}

ROOMS = [{"room": "kitchen", "name": "Kitchen", "icon": "pot", "order": 0, "devices": ["0x00124b0000000001", "0x00124b0000000002"], "keys": ["kitchen.**"], "source": "guessed"},
         {"room": "hall", "name": "Hall <i>", "icon": None, "order": 1, "devices": ["0x00124b0000000004"], "keys": [], "source": "guessed"}]
HELPERS = [{"key": "helper.guests", "kind": "switch", "label": "Guests are here", "value": False},
           {"key": "helper.mode", "kind": "mode", "label": "House mode", "values": ["home", "away"], "value": "home"},
           {"key": "helper.heating", "kind": "schedule", "label": "Heating times", "days": {"mon": [{"from": "06:30", "to": "08:00", "value": True}]}, "otherwise": False, "value": False}]


def answer_for(page, answers):
    """Answers some commands in the hub's place; what was asked is in the list that is returned."""
    asked = []

    def route(socket):
        server = socket.connect_to_server()

        def take(text):
            message = json.loads(text)
            for command, reply in answers.items():
                if command in message:
                    asked.append((command, message[command]))
                    result = reply(message[command]) if callable(reply) else reply
                    return socket.send(json.dumps({"result": result, "query_id": message["query_id"]}))
            server.send(text)
        socket.on_message(take)
    page.route_web_socket("**/v2", route)
    return asked


def test_rooms_are_named_ordered_and_filled_in_the_page(page, house):
    furnish(house)
    asked = answer_for(page, {"rooms": lambda _: {"rooms": ROOMS}, "set_room": "ok", "remove_room": "ok"})
    open_page(page, house)
    expect(page.locator(".room h3 bdi")).to_have_text(["Kitchen", "Hall <i>", "Elsewhere"])
    page.get_by_role("link", name="Arrange rooms").click()
    page.get_by_label("Room of").nth(1).select_option("Kitchen")
    name = page.get_by_role("textbox", name="Name").first
    name.fill("Cooking")
    name.press("Tab")
    page.get_by_role("button", name=re.compile("Move .*Kitchen.* down")).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".room-line").nth(1)).to_contain_text("pot")
    page.get_by_placeholder("New room").fill("Süd Zimmer")
    page.keyboard.press("Enter")
    with page.expect_download() as download:
        page.get_by_role("button", name="For the configuration").click()
    text = open(download.value.path()).read()
    assert text.startswith("rooms:\n  kitchen: {") and '"keys":["kitchen.**"]' in text, text
    house.wait(lambda: any(body.get("name") == "Süd Zimmer" for command, body in asked if command == "set_room"), 10)
    bodies = [body for command, body in asked if command == "set_room"]
    assert {"room": "kitchen", "name": "Cooking"} in bodies
    assert any(body["room"] == "kitchen" and len(body.get("devices", [])) == 3 for body in bodies), bodies
    assert {"room": "hall", "order": 0} in bodies and {"room": "kitchen", "order": 1} in bodies
    assert all(re.fullmatch("[a-z0-9_-]+", body["room"]) for body in bodies)


def test_helpers_are_listed_added_and_changed(page, house):
    asked = answer_for(page, {"helpers": {"helpers": HELPERS}, "set_helper": "ok", "remove_helper": "ok", "put": "ok"})
    open_page(page, house, "#/helpers")
    page.get_by_role("switch", name="Guests are here").click()
    house.wait(lambda: ("put", {"key": "helper.guests", "value": True}) in asked, 10)
    page.get_by_role("group", name="House mode").get_by_role("button", name="Away").click()
    house.wait(lambda: ("put", {"key": "helper.mode", "value": "away"}) in asked, 10)
    page.click("button[data-kind=number]")
    page.get_by_label("Name").fill("Night temperature")
    page.get_by_label("Smallest").fill("12,5")
    page.get_by_label("Largest").fill("22")
    page.get_by_role("button", name="Save").click()
    house.wait(lambda: any(command == "set_helper" for command, _ in asked), 10)
    body = next(body for command, body in asked if command == "set_helper")
    assert body["kind"] == "number" and body["min"] == 12.5 and body["max"] == 22 and body["key"] == "helper.night_temperature", body


def test_a_week_is_painted_with_keys_and_mouse(page, house):
    asked = answer_for(page, {"helpers": {"helpers": HELPERS}, "set_helper": "ok"})
    open_page(page, house, "#/helpers")
    page.get_by_role("button", name=re.compile("Edit: .*Heating times")).click()
    first = page.locator(".hour").first
    first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.press("Space")
    cell = page.locator(".hour[data-day='2'][data-hour='6']")
    box, end = cell.bounding_box(), page.locator(".hour[data-day='2'][data-hour='9']").bounding_box()
    page.mouse.move(box["x"] + 4, box["y"] + 4)
    page.mouse.down()
    for step in range(1, 11):
        page.mouse.move(box["x"] + 4 + (end["x"] - box["x"]) * step / 10, box["y"] + 4)
    page.mouse.up()
    page.get_by_role("button", name="Save").click()
    house.wait(lambda: any(command == "set_helper" for command, _ in asked), 10)
    body = next(body for command, body in asked if command == "set_helper")
    assert body["days"]["mon"] == [{"from": "06:30", "to": "08:00", "value": True}]
    assert body["days"]["tue"] == [{"from": "23:00", "to": "24:00", "value": True}]
    assert body["days"]["wed"] == [{"from": "06:00", "to": "10:00", "value": True}] and body["otherwise"] is False


def test_names_of_other_people_do_no_harm(page, house):
    names = {"kitchen <img src=x onerror=alert(1)>": LIGHT, "שלום lamp": LIGHT, "kitchen 😀 " + "x" * 200: LIGHT, "a\u0007b lamp": LIGHT}
    announce(house, names)
    house.wait(lambda: len(house.api("GET", "devices")["devices"]) >= 4)
    open_page(page, house)
    expect(page.locator(".room").first).to_be_visible()
    for link, name in page.locator(".room h3 a").evaluate_all("all => all.map(each => [each.getAttribute('href'), each.textContent.trim()])"):
        page.goto(house.url + link)
        expect(page.locator("main h1")).to_have_text(name)
        expect(page.locator(".device").first).to_be_visible()
        assert page.locator("main img").count() == 0
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    announce(house, FURNITURE)


def test_a_tablet_on_the_wall_logs_in_by_its_link_and_may_do_what_was_said(browser, page, house):
    """The last one: from here on this hub asks everybody who he is."""
    furnish(house)
    house.token = house.api("POST", "tokens", {"token": "root", "admin": True, "read": ["**"], "write": ["**"]})["secret"]
    page.request.post(house.url + "api/session", data={"token": house.token})
    open_page(page, house, "#/views/-")
    page.get_by_placeholder("Name of a new view").fill("Wall")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("button", name="Add a card").click()
    page.keyboard.type("hall lamp")
    expect(page.locator(".find-item[aria-selected=true]")).to_contain_text("Hall lamp")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Make a link").click()
    link = page.locator(".kiosk input[readonly]")
    expect(link).to_be_visible()
    context = browser.new_context(service_workers="block", locale="en-GB")
    wall = context.new_page()
    wall.goto(link.input_value())
    expect(wall.locator(".own-cards .device")).to_have_count(1)
    expect(wall.locator("#nav")).to_be_hidden()
    assert "token" not in wall.url and "kiosk=1" in wall.url
    with Device(house, "hall_lamp", 0):
        wall.get_by_role("switch").click()
        house.wait(lambda: house.get("hall_lamp.state") is True, 10)
    wall.reload()
    expect(wall.locator(".own-cards .device")).to_have_count(1)
    context.close()
    # Who may only look has nothing to press.
    secret = house.api("POST", "tokens", {"token": "guest", "read": ["hall_lamp.**"], "write": []})["secret"]
    context = browser.new_context(service_workers="block", locale="en-GB")
    guest = context.new_page()
    guest.request.post(house.url + "api/session", data={"token": secret})
    open_page(guest, house)
    expect(guest.locator(".chip", has_text="Hall lamp is on").or_(guest.locator(".chip", has_text=re.compile("Hall lamp")))).to_be_visible()
    expect(guest.locator(".pill")).to_have_count(0)
    assert "Kitchen" not in guest.locator("main").inner_text()
    context.close()
