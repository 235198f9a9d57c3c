"""Login, users and tokens, notifications, dead letters, backup, findings, devices and energy."""
import json
import re
import time

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

HOUSE = {"simulated": False, "extra": """
hub: {name: lodge, timezone: Europe/Warsaw}
map:
  - {topic: "sensors/{place}/temperature", key: "{place}.temperature", type: numeric}
keys:
  kitchen.leak: {type: boolean}
notify:
  targets: {phone: {mqtt: {topic: notify/phone}}, hall: {mqtt: {topic: notify/hall}}}
rules:
  - name: leak
    when: {change: kitchen.leak, to: true}
    then: [{notify: {to: phone, title: "Cellar <i>now</i>", message: "water at the boiler", topic: leak, escalate: {after: 10m, to: hall}}}]
"""}
HOSTILE = "<img src=x onerror=\"document.title='owned'\"> \u202eltr\u0007 😀 " + "x" * 300


def show(page, house, path, heading=None):
    page.goto(house.url + "#" + path)
    page.reload()
    expect(page.locator("main h1").first).to_be_visible()
    if heading:
        expect(page.locator("#part")).to_have_text(heading)


def expose(number, name, *properties):
    """A device as zigbee2mqtt tells of it."""
    features = [{"type": "numeric", "name": each, "property": each, "access": 1, "unit": {"temperature": "°C", "pressure": "hPa"}.get(each, "%")} for each in properties]
    return {"ieee_address": f"0x00158d000000000{number}", "friendly_name": name, "type": "EndDevice", "supported": True, "disabled": False, "interview_completed": True,
            "power_source": "Battery", "model_id": "x", "definition": {"model": "WSDCGQ11LM", "vendor": "Aqara", "description": "climate", "exposes": features}}


DEVICES = [expose(1, "cellar_climate", "temperature", "humidity", "pressure", "battery"), expose(2, "spare_climate", "temperature", "humidity", "battery"), expose(3, "attic_climate", "temperature", "battery")]


def bring_devices(house):
    house.publish("zigbee2mqtt/bridge/state", {"state": "online"}, retain=True)
    house.publish("zigbee2mqtt/bridge/info", {"version": "2.1.0", "permit_join": False, "config": {"availability": {"enabled": True}}}, retain=True)
    house.publish("zigbee2mqtt/bridge/devices", DEVICES, retain=True)
    for device, battery in zip(DEVICES, (80, 12, 40)):
        name = device["friendly_name"]
        house.publish(f"zigbee2mqtt/{name}/availability", {"state": "offline" if name == "cellar_climate" else "online"}, retain=True)
        values = {feature["name"]: 20 for feature in device["definition"]["exposes"]} | {"battery": battery}
        house.publish(f"zigbee2mqtt/{name}", values, retain=True)
    house.wait(lambda: house.get("attic_climate.battery") == 40)


def answering(answers):
    """The hub, but what is named is answered by these."""
    def route(socket):
        hub = socket.connect_to_server()

        def ask(message):
            query = json.loads(message)
            for command, answer in answers.items():
                if isinstance(query, dict) and command in query:
                    return socket.send(json.dumps({"query_id": query["query_id"], **answer(query[command])}))
            hub.send(message)
        socket.on_message(ask)
    return route


def check(page, *about):
    """axe finds nothing, and nothing is wider than the window."""
    found = [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in Axe().run(page).response["violations"]]
    assert not found, (about, found)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), about


def test_a_notification_is_acknowledged(page, house):
    house.put("kitchen.leak", False)
    house.put("kitchen.leak", True)
    show(page, house, "/system/notifications", "Notifications")
    note = page.locator(".card.note")
    expect(note).to_contain_text("Cellar <i>now</i>")
    expect(note).to_contain_text("water at the boiler")
    note.get_by_role("button", name="Acknowledge").click()
    expect(page.locator(".empty")).to_have_text("Nothing waits for anybody.")
    expect(page.locator(".lines .note .tag")).to_have_text("acknowledged")
    assert house.api("GET", "notifications?open=true")["notifications"] == []


def test_dead_letters_are_shown_as_text_and_cleared(page, house):
    house.publish("sensors/cellar/temperature", HOSTILE)
    house.wait(lambda: house.api("GET", "dead_letters"))
    show(page, house, "/system/letters", "Dead letters")
    page.get_by_text("What it said").click()
    payload = page.locator("pre.payload")
    expect(payload).to_contain_text("<img src=x onerror=")
    expect(payload).to_contain_text("\\u{202e}ltr\\u{7}")
    assert page.locator("main img").count() == 0 and "owned" not in page.title()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Clear the list").click()
    page.locator("dialog").get_by_role("button", name="Clear the list").click()
    expect(page.locator(".empty")).to_have_text("Every message could be used.")


def test_the_backup_is_downloaded(page, house):
    show(page, house, "/system/store", "Storage")
    expect(page.locator(".part")).to_contain_text("Size on disk")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download a backup").click()
    with open(download.value.path(), "rb") as file:
        assert file.read(15) == b"SQLite format 3"


def test_findings_of_a_reload_have_their_place(page, house):
    file = house.folder / "komoku.yaml"
    good = file.read_text()
    show(page, house, "/system/configuration", "Configuration")
    try:
        file.write_text(good + "\npublish: [{keys: 3, topik: x}]\n")
        page.get_by_role("button", name="Read the configuration again").click()
        expect(page.locator(".attention")).to_have_text("It has errors, and the one before stays.")
        expect(page.locator(".card code").first).to_have_text(re.compile(r"komoku\.yaml:\d+:\d+"))
    finally:
        file.write_text(good)
    page.get_by_role("button", name="Read the configuration again").click()
    expect(page.locator(".fine")).to_have_text("The configuration was read and counts now.")


def test_the_overview_says_what_is_wrong_first(page, house):
    sentence = "the broker <b>refused</b> the login; check username and password"
    status = house.api("GET", "status")
    status["attention"] = [sentence]
    page.route_web_socket("**/v2", answering({"status": lambda _: {"result": status}}))
    show(page, house, "/system", "Overview")
    expect(page.locator(".attention")).to_have_text(sentence)
    expect(page.locator(".part")).to_contain_text("lodge")
    expect(page.locator(".part")).to_contain_text("Europe/Warsaw")


def test_a_cell_that_failed_is_revived_or_forgotten(page, house):
    cells, asked = [{"behaviour": "heating", "id": "<i>7</i>", "state": "failed", "error": "it divided by zero"}], []

    def change(query):
        asked.append(query)
        cells.clear()
        return {"result": "ok"}
    listed = {"behaviours": [{"behaviour": "heating", "version": 1, "alive": 3, "failed": 1}]}
    page.route_web_socket("**/v2", answering({"cells": lambda _: {"result": listed | {"cells": cells}}, "change_cell": change}))
    show(page, house, "/system/cells", "Advanced")
    expect(page.locator(".card")).to_contain_text("it divided by zero")
    page.get_by_role("button", name="Forget").click()
    page.locator("dialog").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".empty")).to_have_text("None has failed.")
    assert asked == [{"behaviour": "heating", "id": "<i>7</i>", "do": "revive"}]


def test_outages_are_listed(page, house):
    store = house.api("GET", "store") | {"outages": [{"of": "hub", "start": 1796000000, "end": 1796000600}, {"of": "broker", "start": 1796050000, "end": None}]}
    page.route_web_socket("**/v2", answering({"store": lambda _: {"result": store}}))
    show(page, house, "/system/outages", "Outages")
    rows = page.locator("tbody tr")
    expect(rows.first).to_contain_text("The broker was away")
    expect(rows.first).to_contain_text("still")
    expect(rows.last).to_contain_text("10\u202fmin")


def test_a_hub_without_a_command_is_told_quietly(page, house):
    lacking = {"error": "invalid_query"}
    page.route_web_socket("**/v2", answering({each: lambda _: lacking for each in ("status", "cells", "notifications", "energy", "rooms")}))
    for path in ("/system", "/system/cells", "/system/notifications"):
        show(page, house, path)
        expect(page.locator(".empty")).to_have_text("This hub cannot tell this: it is older than the page.")


def test_look_and_language_are_kept(page, house):
    show(page, house, "/system/look", "Look and language")
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-look", "dark")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("#part")).to_have_text("Aussehen und Sprache")
    expect(page.locator("html")).to_have_attribute("data-look", "dark")


def test_devices_are_found_by_what_is_wrong_with_them(page, house):
    bring_devices(house)
    show(page, house, "/devices")
    expect(page.locator(".device")).to_have_count(4)
    page.get_by_role("button", name="Offline").click()
    expect(page.locator(".device b")).to_have_text(["Cellar climate"])
    page.get_by_role("button", name="Batteries").click()
    expect(page.locator(".device b")).to_have_text(["Spare climate", "Attic climate", "Cellar climate"])
    expect(page.locator(".battery.is-low")).to_have_count(1)
    # Live: whoever goes out of reach is told at once.
    house.publish("zigbee2mqtt/spare_climate/availability", {"state": "offline"}, retain=True)
    expect(page.locator(".device", has_text="Spare climate").locator(".tag.is-bad")).to_have_text("Offline")
    house.publish("zigbee2mqtt/spare_climate/availability", {"state": "online"}, retain=True)
    # Lowest first.
    house.publish("zigbee2mqtt/attic_climate", {"battery": 3})
    expect(page.locator(".device b")).to_have_text(["Attic climate", "Spare climate", "Cellar climate"])
    page.get_by_role("searchbox").fill("spare aqara")
    expect(page.locator(".device b")).to_have_text(["Spare climate"])
    page.locator(".device").click()
    expect(page.locator("main h1")).to_have_text("Spare climate")
    page.go_back()
    expect(page.locator(".device b")).to_have_text(["Spare climate"])
    expect(page.get_by_role("searchbox")).to_have_value("spare aqara")


def test_pairing_counts_down_and_names_who_came(page, house):
    bring_devices(house)
    show(page, house, "/devices")
    page.get_by_role("button", name="Let new devices in").click()
    house.publish("zigbee2mqtt/bridge/info", {"version": "2.1.0", "permit_join": True, "config": {"availability": {"enabled": True}}}, retain=True)
    expect(page.locator(".pairing")).to_contain_text(re.compile(r"Open, [34]:\d\d left"))
    house.publish("zigbee2mqtt/bridge/devices", [*DEVICES, expose(4, "shed_climate", "temperature")], retain=True)
    expect(page.locator(".pairing li")).to_contain_text("Shed climate")
    page.get_by_role("button", name="Let no more in").click()
    house.publish("zigbee2mqtt/bridge/info", {"version": "2.1.0", "permit_join": False, "config": {"availability": {"enabled": True}}}, retain=True)
    expect(page.get_by_role("button", name="Let new devices in")).to_be_visible()
    house.publish("zigbee2mqtt/bridge/devices", DEVICES, retain=True)


def test_a_dead_device_is_replaced(page, house):
    bring_devices(house)
    show(page, house, f"/devices/{DEVICES[0]['ieee_address']}")
    expect(page.locator("main .tag").first).to_have_text("Offline")
    page.get_by_role("button", name="Replace").click()
    dialog = page.locator("dialog")
    dialog.get_by_label("The new device").select_option(label="Spare climate · Aqara WSDCGQ11LM")
    expect(dialog).to_contain_text("go on with the new device:")
    expect(dialog).to_contain_text("This stays as it is, and nothing new comes:")
    expect(dialog).to_contain_text(re.compile("pressure", re.I))
    check(page, "a device is replaced")
    dialog.get_by_role("button", name="Replace").click()
    expect(page.locator("#notices")).to_contain_text("go on.")
    expect(page.locator("#notices")).to_contain_text("These get nothing new any more:")
    expect(page.locator("main h1")).to_be_visible()
    house.wait(lambda: DEVICES[0]["ieee_address"] not in [each["device"] for each in house.api("GET", "devices")["devices"]])
    house.publish("zigbee2mqtt/spare_climate", {"temperature": 17.5})
    house.wait(lambda: house.get("cellar_climate.temperature") == 17.5)


def test_commands_of_a_bridge_are_hidden_where_the_hub_has_none(page, house):
    bring_devices(house)
    lacking = {"error": "invalid_query"}
    page.route_web_socket("**/v2", answering({each: lambda _: lacking for each in ("rename_device", "update_device", "remove_device")}))
    show(page, house, f"/devices/{DEVICES[2]['ieee_address']}")
    expect(page.get_by_text("Technical")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("button", name="Rename")).to_have_count(0)
    expect(page.get_by_role("button", name="Remove from the network")).to_have_count(0)


def test_a_bridge_renames_and_removes(page, house):
    bring_devices(house)
    asked = []

    def order(query):
        if "device" not in query:
            return {"error": "invalid_query", "message": "'device' is missing"}
        asked.append(query)
        return {"result": {"outcome": "failed", "reason": "the name <b> is in use"} if query.get("name") == "Spare" else "ok"}
    page.route_web_socket("**/v2", answering({"rename_device": order, "remove_device": order}))
    show(page, house, f"/devices/{DEVICES[2]['ieee_address']}")
    dialog = page.locator("dialog")
    page.get_by_role("button", name="Rename").click()
    dialog.get_by_label("New name").fill("Spare")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_have_text("The name <b> is in use")
    dialog.get_by_label("New name").fill("Loft")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("#notices")).to_contain_text("It has another name now.")
    page.get_by_role("button", name="Remove from the network").click()
    dialog.get_by_label("Even if it does not answer").check()
    dialog.get_by_role("button", name="Remove from the network").click()
    expect(page.locator("#notices")).to_contain_text("It is removed.")
    address = DEVICES[2]["ieee_address"]
    assert asked == [{"device": address, "name": "Spare"}, {"device": address, "name": "Loft"}, {"device": address, "force": True}]


METERS = [{"id": "grid", "kind": "grid_in", "name": "Grid", "unit": "kWh"}, {"id": "feed", "kind": "grid_out", "name": "Feed-in", "unit": "kWh"},
          {"id": "roof", "kind": "solar", "name": "Roof", "unit": "kWh"}, {"id": "washer", "kind": "device", "name": "Washer <b>", "unit": "kWh"},
          {"id": "water", "kind": "water", "name": "Water", "unit": "m³"}]


def energy(query):
    """One row a day, week, month or year: 23 and 25 hours are those that the hub would have told."""
    length = {"hour": 3600, "day": 86400, "week": 7 * 86400, "month": 30.5 * 86400, "year": 365 * 86400}[query["by"]]
    count = max(1, round((query["until"] - query["since"]) / length))
    step = (query["until"] - query["since"]) / count
    rows = [{"since": query["since"] + index * step, "until": query["since"] + (index + 1) * step, "values": {"grid": 4, "feed": 1.5, "roof": 3, "washer": 2, "water": 0.2},
             "cost": {"grid": 1.2, "feed": -0.12, "water": 0.8}, "used": 5.5, "unaccounted": 3.5, "self_sufficiency": 0.27} for index in range(count)]
    return {"result": {"currency": "EUR", "meters": list(METERS), "rows": rows}}


def test_energy_has_bars_and_a_table(page, house):
    page.route_web_socket("**/v2", answering({"energy": energy}))
    show(page, house, "/energy")
    expect(page.locator(".today")).to_contain_text("5.50\u202fkWh")
    # What electricity cost is what the table below says; water has a price of its own.
    for name, paid in (("Cost: Electricity", "€1.08"), ("Cost: Water", "€0.80"), ("Cost: together", "€1.88")):
        expect(page.locator(".today .card", has_text=name)).to_contain_text(paid)
    page.get_by_role("button", name="Months").click()
    bars = page.locator("section").first.locator(".bar")
    expect(bars).to_have_count(12)
    expect(page.locator("tbody.sums th")).to_have_text(["Total", "Total"])
    expect(page.get_by_role("row", name="Total 66.0")).to_contain_text("€12.96")
    expect(page.locator(".shares")).to_contain_text("Washer <b>")
    expect(page.locator(".shares li").last).to_contain_text("Not accounted for")
    # Along the bars by keyboard.
    bars.last.focus()
    page.keyboard.press("Home")
    expect(bars.first).to_be_focused()
    assert "January" in bars.first.get_attribute("aria-label") and "Fed in 1.50\u202fkWh" in bars.first.get_attribute("aria-label")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".said").first).to_contain_text("February")
    page.get_by_role("button", name="The time before").click()
    expect(page.locator(".stepper b")).to_have_text(str(time.gmtime().tm_year - 1))
    page.get_by_label("Compare").check()
    expect(page.locator("tbody.sums th").nth(1)).to_have_text("Before")
    page.reload()
    expect(page.get_by_label("Compare")).to_be_checked()
    expect(page.locator(".stepper b")).to_have_text(str(time.gmtime().tm_year - 1))


def test_energy_counts_days_of_the_houses_zone(page, house):
    asked = []
    page.route_web_socket("**/v2", answering({"energy": lambda query: asked.append(query) or energy(query)}))
    # The last of October 2026 has 25 hours in Warsaw.
    page.goto(house.url + "#/energy?at=1792000000")
    expect(page.locator("section").first.locator(".bar")).to_have_count(31)
    month = next(each for each in asked if each["until"] - each["since"] > 86400 * 2)
    assert (month["since"], month["until"]) == (1790805600, 1793487600), month
    assert month["until"] - month["since"] == 31 * 86400 + 3600
    starts = page.evaluate("""async () => (await import(new URL('energy/calendar.js', document.querySelector('script[type=module]').src))).slots('day', 1792000000).map((each) => each.until - each.since)""")
    assert starts[24] == 25 * 3600 and starts[23] == starts[25] == 86400, starts
    page.goto(house.url + "#/energy?by=hour&at=1792900000")
    hours = page.locator("section").first.locator("tbody").last.locator("th")
    expect(hours).to_have_count(25)
    # The hour that comes twice can be told apart.
    expect(hours.filter(has_text="02:00")).to_have_text(["02:00 CET", "02:00 CEST"])


def test_energy_tells_what_is_not_known(page, house):
    def faulty(query):
        answer = energy(query)["result"]
        answer["meters"][1] = METERS[1] | {"fault": "feed <b>is</b> no counter"}
        answer["rows"][0] |= {"missing": {"grid": 600}, "used": None, "self_sufficiency": None, "unaccounted": None}
        return {"result": answer}
    page.route_web_socket("**/v2", answering({"energy": faulty}))
    show(page, house, "/energy?by=month")
    expect(page.locator(".fault")).to_have_text("Feed-in: feed <b>is</b> no counter")
    expect(page.get_by_role("row", name="January")).to_contain_text("*")
    expect(page.locator("main")).to_contain_text("For a part of it nothing was known")


def test_shares_are_of_the_time_that_is_known(page, house):
    def partly(query):
        answer = energy(query)["result"]
        # Of all but the first nobody knows what was used in all; there is nothing but electricity.
        for row in answer["rows"][1:]:
            row |= {"used": None, "self_sufficiency": None, "unaccounted": None}
        answer["meters"] = [each for each in answer["meters"] if each["kind"] != "water"]
        for row in answer["rows"]:
            row["values"].pop("water"), row["cost"].pop("water")
        return {"result": answer}
    page.route_web_socket("**/v2", answering({"energy": partly}))
    show(page, house, "/energy?by=month")
    # 3.5 of 5.5 and 2 of 5.5, whatever the washer used in the other months.
    expect(page.locator(".shares li").last).to_contain_text("64\u202f%")
    expect(page.locator(".shares li", has_text="Washer")).to_contain_text("36\u202f%")
    expect(page.locator(".shares li", has_text="Washer")).to_contain_text("24.0\u202fkWh")
    expect(page.locator(".today dt", has_text="Cost")).to_have_text(["Cost"])


def test_energy_without_meters_says_what_to_write(page, house):
    for answer in ({"error": "not_found", "message": "no meters"}, {"error": "invalid_query"}):
        page.unroute_all()
        page.route_web_socket("**/v2", answering({"energy": lambda _: answer}))
        show(page, house, "/energy")
        expect(page.locator("pre")).to_contain_text("energy:")
        expect(page.get_by_role("button", name="Copy")).to_be_visible()


def test_no_view_has_a_violation(page, house):
    bring_devices(house)
    house.publish("sensors/cellar/temperature", HOSTILE)
    house.put("kitchen.leak", False)
    house.put("kitchen.leak", True)
    page.route_web_socket("**/v2", answering({"energy": energy}))
    paths = ["/energy?compare=1", "/devices", "/devices?show=batteries", f"/devices/{DEVICES[2]['ieee_address']}",
             *(f"/system{each}" for each in ("", "/notifications", "/outages", "/letters", "/configuration", "/store", "/users", "/cells", "/look"))]
    for size, scheme in (({"width": 390, "height": 844}, "light"), ({"width": 1280, "height": 800}, "dark")):
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        for path in paths:
            show(page, house, path)
            expect(page.locator(".bar, .device, .availability h2, .part > :nth-child(2)").first).to_be_visible()
            check(page, path, size, scheme)


def log_in(page, user="anna", password="secret-anna"):
    page.fill("[name=username]", user)
    page.fill("[name=password]", password)
    page.get_by_role("button", name="Log in").click()


def test_the_first_user_closes_the_hub_and_logs_in(page, house):
    show(page, house, "/system/users", "Users and tokens")
    page.get_by_role("button", name="Add a user").click()
    dialog = page.locator("dialog")
    expect(dialog.get_by_label("Administrator")).to_be_checked()
    check(page, "a user is added")
    dialog.get_by_label("Name").fill("anna")
    dialog.get_by_label("Password").fill("secret-anna")
    dialog.get_by_role("button", name="Add").click()
    expect(page.locator("[name=username]")).to_be_visible()
    expect(page.locator("#nav")).to_be_hidden()
    check(page, "login")
    assert page.locator("[name=username]").get_attribute("autocomplete") == "username"
    assert page.locator("[name=password]").get_attribute("autocomplete") == "current-password"
    log_in(page, password="wrong-wrong")
    expect(page.locator(".login [role=alert]")).to_have_text("The name or the password is wrong")
    log_in(page)
    # It goes on where it was.
    expect(page.locator("#part")).to_have_text("Users and tokens")
    expect(page.locator(".card")).to_contain_text("anna (you)")


def test_a_token_is_shown_once_and_may_what_it_may(page, house):
    page.goto(house.url + "#/system/users")
    log_in(page)
    page.get_by_role("button", name="Add a token").click()
    dialog = page.locator("dialog")
    dialog.get_by_label("Name").fill("robot")
    dialog.get_by_label("Administrator").check()
    expect(dialog.get_by_label("Sees")).to_be_hidden()
    dialog.get_by_role("button", name="Add").click()
    secret = page.get_by_label("Secret").input_value()
    assert secret.startswith("komoku_")
    page.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("status")).not_to_be_empty()
    page.get_by_role("button", name="Done").click()
    assert secret not in page.content()
    house.token = secret
    assert house.api("GET", "session")["name"] == "robot"
    page.get_by_role("button", name="Add a user").click()
    dialog.get_by_label("Name").fill("anna")
    dialog.get_by_label("Password").fill("secret-bert")
    dialog.get_by_role("button", name="Add").click()
    # What the hub refuses is told where it was asked.
    expect(dialog.get_by_role("alert")).not_to_be_empty()
    dialog.get_by_label("Name").fill("bert")
    dialog.get_by_label("Sees").fill("kitchen.**\nhall.*")
    dialog.get_by_label("Changes").fill("kitchen.leak")
    dialog.get_by_role("button", name="Add").click()
    card = page.locator(".card", has_text="bert")
    expect(card).to_contain_text("sees kitchen.**, hall.*; changes kitchen.leak")
    card.get_by_role("button", name="Rights").click()
    dialog.get_by_label("Changes").fill("")
    dialog.get_by_role("button", name="Save").click()
    expect(card).to_contain_text("changes nothing")
    card.get_by_role("button", name="Password").click()
    dialog.get_by_label("The new one").fill("other-bert")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("#notices")).to_contain_text("The password is another now.")


def test_who_is_no_administrator_sees_no_pages_of_administrators(page, house):
    page.goto(house.url + "#/system/users")
    log_in(page, "bert", "other-bert")
    expect(page.locator(".empty")).to_have_text("Only administrators see this.")
    expect(page.locator(".tabs a")).to_have_text(["Overview", "Notifications", "Outages", "Look and language"])
    page.goto(house.url + "#/devices")
    expect(page.locator("main h1")).to_be_visible()
    expect(page.get_by_role("button", name="Let new devices in")).to_have_count(0)
    page.goto(house.url + "#/system")
    page.get_by_role("button", name="Change the password").click()
    dialog = page.locator("dialog")
    dialog.get_by_label("The one so far").fill("not-this-one")
    dialog.get_by_label("The new one").fill("third-bert")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).not_to_be_empty()
    dialog.get_by_label("The one so far").fill("other-bert")
    dialog.get_by_role("button", name="Save").click()
    # Logins under the old one end, this one too.
    expect(page.locator("[name=username]")).to_be_visible()
    log_in(page, "bert", "third-bert")
    page.get_by_role("button", name="Log out").click()
    expect(page.locator("[name=username]")).to_be_visible()


def test_a_token_withdrawn_leads_to_the_login_and_back(page, house):
    made = house.api("POST", "tokens", {"token": "tablet", "admin": True})
    page.goto(house.url + "#/system/store")
    page.get_by_text("Use a token instead").click()
    page.get_by_label("Token", exact=True).fill(made["secret"])
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#part")).to_have_text("Storage")
    house.api("DELETE", "tokens/tablet")
    expect(page.locator(".warn")).to_contain_text("Your login has ended", timeout=20_000)
    log_in(page)
    expect(page.locator("#part")).to_have_text("Storage")
    # The views listen once, however often one has logged in.
    page.goto(house.url + "#/system/look")
    expect(page.locator("#part")).to_have_count(1)


def test_a_restart_of_the_hub_logs_nobody_out(page, house):
    page.goto(house.url + "#/system/look")
    log_in(page)
    expect(page.locator("#part")).to_have_text("Look and language")
    house.end("hub")
    expect(page.locator("html.is-out")).to_be_attached()
    house.start("hub")
    expect(page.locator("html:not(.is-out)")).to_be_attached()
    page.reload()
    expect(page.locator("#part")).to_have_text("Look and language")
    expect(page.locator("[name=username]")).to_have_count(0)


def test_too_many_attempts_are_told_how_long_to_wait(page, house):
    page.goto(house.url + "#/system")
    expect(page.locator("[name=username]")).to_be_visible()
    house.token = None
    for _ in range(7):
        house.api("POST", "session", {"user": "anna", "password": "wrong-wrong"})
    log_in(page)
    # The first wait is a second long, which a busy machine may miss.
    expect(page.locator(".login")).to_contain_text(re.compile("Too many attempts failed|You can try again now"))
    expect(page.locator(".login [role=alert]")).to_have_text("You can try again now.")
    expect(page.get_by_role("button", name="Log in")).to_be_enabled()
    log_in(page)
    expect(page.locator("#part")).to_have_text("Overview")
