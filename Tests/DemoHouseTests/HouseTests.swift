import Komoku
import Testing

@testable import komoku_demo_house

@Suite struct HouseTests {
    /// 2026-03-14T07:00:00Z
    private static let start: Int64 = 1_773_471_600

    @Test func `the same seed gives the same messages however time is cut`() {
        var whole = House(seed: 7, start: Self.start)
        var cut = House(seed: 7, start: Self.start)
        let messages = whole.advance(to: 120)
        #expect((0...120).flatMap { cut.advance(to: Double($0)) } == messages)
        var other = House(seed: 8, start: Self.start)
        #expect(other.advance(to: 120) != messages)
    }

    @Test func `every device is heard at the start and several messages a second after it`() {
        var house = House(seed: 1, start: Self.start)
        let first = Set(house.advance(to: 0).map(\.topic))
        #expect(first.isSuperset(of: ["zigbee2mqtt/kitchen_climate", "zigbee2mqtt/hall_lamp", "tele/washer/SENSOR"]))
        #expect(house.advance(to: 10).count > 30)
    }

    @Test func `every Zigbee device is in the bridge's list, with what it reports`() throws {
        var house = House(seed: 1, start: Self.start)
        let messages = house.advance(to: 200)
        let list = try #require(messages.first { $0.topic == "zigbee2mqtt/bridge/devices" })
        #expect(list.isRetained)
        let entries = try #require(try JSON(parsing: list.payload).array)
        #expect(Set(entries.compactMap { $0["ieee_address"]?.string }).count == entries.count)
        for message in messages where message.topic.hasPrefix("zigbee2mqtt/") && message.payload.hasPrefix("{\"") {
            let name = message.topic.split(separator: "/")[1]
            guard name != "bridge", !message.topic.hasSuffix("/availability") else { continue }
            let entry = try #require(entries.first { $0["friendly_name"]?.string.map { $0 == name } ?? false })
            let features = entry["definition"]?["exposes"]?.array ?? []
            let properties = (features + features.flatMap { $0["features"]?.array ?? [] }).compactMap {
                $0["property"]?.string
            }
            let reported = try JSON(parsing: message.payload).object?.map(\.name) ?? []
            #expect(Set(reported).isSubset(of: properties), "\(message)")
        }
    }

    @Test func `every JSON payload is read back`() throws {
        var house = House(seed: 3, start: Self.start)
        for message in house.advance(to: 600) where message.payload.hasPrefix("{") {
            #expect(try JSON(parsing: message.payload).object?.isEmpty == false, "\(message)")
        }
    }

    @Test(arguments: ["ON", #"{"state":"ON"}"#, #"{"state":"toggle"}"#, #"{"brightness":254}"#])
    func `a lamp obeys, reports it, and lights the room`(command: String) throws {
        var house = House(seed: 1, start: Self.start)
        _ = house.advance(to: 1)
        let answer = house.receive(topic: "zigbee2mqtt/hall_lamp/set", payload: command)
        #expect(answer.map(\.topic) == ["zigbee2mqtt/hall_lamp"])
        #expect(try JSON(parsing: #require(answer.first).payload)["state"]?.string == "ON")
        let motion = house.advance(to: 30).filter { $0.topic == "zigbee2mqtt/hall_motion" }
        let light = try JSON(parsing: #require(motion.last).payload)["illuminance"]?.number
        #expect(try #require(light) > 100)
    }

    @Test func `a lamp with an on time goes out by itself`() throws {
        var house = House(seed: 1, start: Self.start)
        _ = house.advance(to: 1)
        _ = house.receive(topic: "zigbee2mqtt/hall_lamp/set", payload: #"{"state":"ON","on_time":3}"#)
        let states = house.advance(to: 5).filter { $0.topic == "zigbee2mqtt/hall_lamp" }
        #expect(try JSON(parsing: #require(states.last).payload)["state"]?.string == "OFF")
    }

    @Test func `a relay answers its command as JSON and plain`() {
        var house = House(seed: 1, start: Self.start)
        let answer = house.receive(topic: "cmnd/porch/POWER", payload: "TOGGLE")
        #expect(answer == [Message("stat/porch/RESULT", #"{"POWER":"ON"}"#), Message("stat/porch/POWER", "ON")])
    }

    @Test(arguments: ["", "{", "[]", "null", #"{"state":7,"brightness":"x","on_time":-1e300}"#, "\u{0}"])
    func `nonsense is survived`(command: String) {
        var house = House(seed: 1, start: Self.start)
        for topic in ["zigbee2mqtt/hall_lamp/set", "zigbee2mqtt/desk_plug/set", "cmnd/washer/POWER", "x"] {
            _ = house.receive(topic: topic, payload: command)
        }
        #expect(house.advance(to: 20).count > 30)
    }

    @Test func `the washing machine ends its first programme within a minute and starts another`() throws {
        var house = House(seed: 1, start: Self.start)
        let powers = try house.advance(to: 400).filter { $0.topic == "tele/washer/SENSOR" }.map {
            try #require(try JSON(parsing: $0.payload)["ENERGY"]?["Power"]?.number)
        }
        #expect(try #require(powers.first) > 100)
        #expect(powers.prefix(30).contains { $0 < 5 })
        #expect(powers.suffix(100).contains { $0 > 1_000 })
    }

    @Test func `somebody passes the dark hall in the first half minute`() throws {
        for seed in UInt64(0)..<20 {
            var house = House(seed: seed, start: Self.start + 18_000)
            let seen = try house.advance(to: 30).filter { $0.topic == "zigbee2mqtt/hall_motion" }.map {
                try JSON(parsing: $0.payload)
            }
            #expect(seen.contains { $0["occupancy"] == true && ($0["illuminance"]?.number ?? 99) < 40 }, "seed \(seed)")
        }
    }

    @Test func `Tasmota's clock is a calendar date`() {
        #expect(TasmotaRelay.clock(Self.start) == "2026-03-14T07:00:00")
        #expect(TasmotaRelay.clock(951_782_399) == "2000-02-28T23:59:59")
        #expect(TasmotaRelay.clock(951_782_400) == "2000-02-29T00:00:00")
    }
}

/// What keeps what it is told, and the meters that are functions of time.
@Suite struct ApplianceTests {
    private static let start: Int64 = 1_773_471_600

    private func report(_ name: String, told: String...) throws -> JSON {
        var house = House(seed: 1, start: Self.start)
        _ = house.advance(to: 1)
        var last: Message?
        for command in told { last = house.receive(topic: "zigbee2mqtt/\(name)/set", payload: command).first }
        return try JSON(parsing: #require(last).payload)
    }

    @Test func `a blind moves to where a word or a number says`() throws {
        #expect(try report("bedroom_blind", told: #"{"state":"CLOSE"}"#)["position"]?.number == 0)
        let half = try report("bedroom_blind", told: #"{"state":"CLOSE"}"#, #"{"position":40}"#)
        #expect(half["position"]?.number == 40)
        #expect(half["state"]?.string == "OPEN")
    }

    @Test func `what is beyond the limits is cut and what nobody knows is ignored`() throws {
        let radiator = try report(
            "bathroom_radiator", told: #"{"occupied_heating_setpoint":99,"system_mode":"boil","x":1}"#)
        #expect(radiator["occupied_heating_setpoint"]?.number == 30)
        #expect(radiator["system_mode"]?.string == "heat")
        #expect(try report("front_door_lock", told: #"{"state":"UNLOCK"}"#)["lock_state"]?.string == "unlocked")
    }

    @Test func `the bridge opens for new devices and says what it does not do`() throws {
        var house = House(seed: 1, start: Self.start)
        _ = house.advance(to: 1)
        let open = house.receive(
            topic: "zigbee2mqtt/bridge/request/permit_join", payload: #"{"time":254,"transaction":"a"}"#)
        #expect(open.map(\.topic) == ["zigbee2mqtt/bridge/info", "zigbee2mqtt/bridge/response/permit_join"])
        let rename = house.receive(
            topic: "zigbee2mqtt/bridge/request/device/rename", payload: #"{"from":"a","to":"b","transaction":"t"}"#)
        let answer = try JSON(parsing: #require(rename.first).payload)
        #expect(answer["status"]?.string == "error")
        #expect(answer["transaction"]?.string == "t")
    }

    @Test func `what the house takes is what comes from the roof and the grid`() {
        let (from, to) = (SolarMeters.epoch + 90 * 86_400, SolarMeters.epoch + 97 * 86_400)
        var grid = GridMeter()
        grid.advance(to: from)
        let before = grid
        grid.advance(to: to)
        let taken = HouseMeter.energy(at: to) - HouseMeter.energy(at: from)
        let made = SolarMeters.solar(at: to) - SolarMeters.solar(at: from)
        let net = (grid.taken - before.taken) - (grid.given - before.given)
        #expect(abs(made + net - taken) < 0.001)
        #expect(grid.given > before.given)
    }
}
