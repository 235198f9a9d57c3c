import Komoku
import KomokuHub
import KomokuTesting
import KomokuYAML
import Testing

@testable import KomokuDesk

@Suite struct PeopleTests {
    private static func read(_ text: String) -> (settings: PeopleSettings, problems: [String]) {
        let source = YAMLSource(environment: [:], files: DiskFiles())
        let document = source.parse(text, file: "k.yaml")
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        guard let root = document.root else { return (PeopleSettings(), document.diagnostics.all.map(\.description)) }
        let reader = SettingsReader(root, report: report)
        let settings = PeopleSettings.read(reader, hub: Hub.Configuration(reading: reader))
        reader.finish()
        return (settings, report.diagnostics.sorted.map(\.description))
    }

    private static func anna(_ more: String = "away_after: 2m") -> PeopleSettings {
        read("people: {anna: {trackers: [{key: phone.wifi}, {key: phone.ble}], \(more)}}").settings
    }

    /// The trackers are uptime, boolean or string keys.
    private static func run(
        _ settings: PeopleSettings = anna(), _ body: (HelperHouse) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let house = try HelperHouse(folder, VirtualClock(seconds: 1_700_000_000), people: settings)
        for key in ["phone.wifi", "phone.ble"] {
            _ = try await house.ask(#"{"define":{"\#(key)":{"type":"boolean"}}}"#)
        }
        try await body(house)
        house.stop()
    }

    private static func state(_ house: HelperHouse) async throws -> String {
        let state = try await house.value("people.anna.state")
        let home = try await house.value("people.anna.home")
        let isStale = try await house.ask(#"{"get":{"key":"people.anna.state"}}"#)["stale"] == true
        if isStale || state == .null { return "unknown" }
        #expect(home == .bool(state == "home"))
        return state?.string ?? "?"
    }

    // MARK: What happens

    @Test func `the configuration makes keys that follow the trackers`() async throws {
        try await Self.run { house in
            #expect(try await Self.state(house) == "unknown")
            _ = try await house.put("phone.wifi", "true")
            #expect(try await Self.state(house) == "home")
            _ = try await house.put("phone.wifi", "false")
            await house.advance(119)
            #expect(try await Self.state(house) == "home")
            await house.advance(1)
            #expect(try await Self.state(house) == "away")
            _ = try await house.put("phone.ble", "true")
            #expect(try await Self.state(house) == "home")
        }
    }

    @Test func `the wait survives the end of the process, and a reload with another delay`() async throws {
        try await Self.run { house in
            _ = try await house.put("phone.wifi", "true")
            _ = try await house.put("phone.wifi", "false")
            await house.advance(60)
            let again = try house.restarted(after: .seconds(30), people: Self.anna())
            await again.advance(29)
            #expect(try await Self.state(again) == "home")
            await again.advance(1)
            #expect(try await Self.state(again) == "away")
            _ = try await again.put("phone.wifi", "true")
            _ = try await again.put("phone.wifi", "false")
            await again.advance(50)
            await again.configure(Self.anna("away_after: 1m"))
            await again.jump(5000)
            #expect(try await Self.state(again) == "home")
            await again.advance(10)
            #expect(try await Self.state(again) == "away")
            again.stop()
        }
    }

    @Test func `a tracker that goes stale says nothing`() async throws {
        try await Self.run { house in
            _ = try await house.ask(#"{"define":{"phone.wifi":{"type":"boolean","expect_every":600}}}"#)
            _ = try await house.put("phone.wifi", "true")
            await house.advance(599)
            #expect(try await Self.state(house) == "home")
            await house.advance(1)
            await house.advance(119)
            #expect(try await Self.state(house) == "home")
            await house.advance(1)
            #expect(try await Self.state(house) == "unknown")
            _ = try await house.put("phone.wifi", "true")
            #expect(try await Self.state(house) == "home")
        }
    }

    @Test func `a text says home by that word, and nothing where it says that it does not know`() async throws {
        let settings = Self.read("people: {anna: {trackers: [{key: tracker}], away_after: 0s}}").settings
        try await Self.run(settings) { house in
            for (word, state) in [
                ("unavailable", "unknown"), ("Home", "home"), ("not_home", "away"), ("home", "home"),
                ("garage", "away"),
            ] {
                _ = try await house.put("tracker", "\"\(word)\"")
                #expect(try await Self.state(house) == state, "\(word)")
            }
        }
    }

    @Test func `a renamed tracker is followed, and a person that is taken out is left as it was`() async throws {
        try await Self.run { house in
            _ = try await house.put("phone.wifi", "true")
            _ = try await house.ask(#"{"rename":{"key":"phone.wifi","to":"phone.lan"}}"#)
            _ = try await house.put("phone.lan", "false")
            await house.advance(120)
            #expect(try await Self.state(house) == "away")
            await house.configure(PeopleSettings())
            _ = try await house.put("phone.lan", "true")
            #expect(try await Self.state(house) == "away")
        }
    }

    @Test func `a machine that answers is at home, and one that cannot be asked says nothing`() async throws {
        let settings = Self.read("people: {anna: {trackers: [{ping: 192.168.1.20}], away_after: 2m}}").settings
        #expect(settings.pings.map(\.every) == [.seconds(30)])
        try await Self.run(settings) { house in
            await house.ping("192.168.1.20", true)
            #expect(try await Self.state(house) == "home")
            let again = try house.restarted(after: .seconds(1000), people: settings)
            #expect(try await Self.state(again) == "home", "nobody has asked yet")
            await again.ping("192.168.1.20", nil)
            await again.advance(60)
            #expect(try await Self.state(again) == "home")
            await again.ping("192.168.1.20", false)
            await again.advance(119)
            #expect(try await Self.state(again) == "home")
            await again.advance(1)
            #expect(try await Self.state(again) == "away")
            again.stop()
        }
    }

    // MARK: Positions

    private static let tracked = """
        hub: {location: {latitude: 52.0, longitude: 21.0}}
        zones: {work: {latitude: 52.1, longitude: 21.0, radius: 200}}
        people: {anna: {trackers: [{owntracks: anna/phone}, {key: phone.wifi}], away_after: 2m}}
        """

    /// The phone was somewhere, some seconds ago.
    private static func move(
        _ house: HelperHouse, _ latitude: Double, accuracy: Double? = 10, ago: Int64 = 0, battery: Double? = nil
    ) async {
        let time = house.clock.now - .seconds(ago)
        await withCheckedContinuation { done in
            house.desk.hub.enqueue { hub in
                let id = DeviceID("owntracks/anna/phone")
                var device = DeviceDescription(id: id, source: "owntracks", name: "anna phone")
                device.properties = ["latitude", "longitude", "accuracy", "battery"].map {
                    PropertyDescription($0, .numeric)
                }
                hub.apply([.described(device)])
                let values = [("latitude", latitude), ("longitude", 21), ("accuracy", accuracy), ("battery", battery)]
                hub.apply(
                    values.compactMap { name, value in
                        value.map {
                            Observation(
                                feed: Feed(PropertyID(id, name), topic: "owntracks/anna/phone"),
                                content: .value(.number($0)), time: time)
                        }
                    })
                done.resume()
            }
        }
    }

    @Test func `positions say home, a zone or nothing of these, and where the person was`() async throws {
        let (settings, problems) = Self.read(Self.tracked)
        #expect(problems == [])
        try await Self.run(settings) { house in
            await Self.move(house, 52.0005, battery: 80)
            #expect(try await Self.state(house) == "home")
            #expect(try await house.value("people.anna.distance") == 55.6)
            #expect(try await house.value("people.anna.battery") == 80)
            await house.advance(60)
            await Self.move(house, 52.1)
            #expect(try await Self.state(house) == "work")
            #expect(try await house.value("people.anna.latitude") == 52.1)
            // Late, and not where the person is now.
            await Self.move(house, 52.0, ago: 30)
            #expect(try await Self.state(house) == "work")
            #expect(try await house.value("people.anna.latitude") == 52.1)
            await house.advance(60)
            // Too inaccurate to say that the zone was left, and far enough away for any inaccuracy.
            await Self.move(house, 52.105, accuracy: 900)
            #expect(try await Self.state(house) == "work")
            #expect(try await house.value("people.anna.accuracy") == 900)
            await house.advance(60)
            await Self.move(house, 53, accuracy: 5000)
            #expect(try await Self.state(house) == "away")
            let again = try house.restarted(after: .seconds(1000), people: settings)
            #expect(try await Self.state(again) == "away")
            _ = try await again.put("phone.wifi", "true")
            #expect(try await Self.state(again) == "home")
            again.stop()
        }
    }

    @Test func `a reload that moves a zone judges the last position anew`() async throws {
        let settings = Self.read(Self.tracked).settings
        let moved = Self.read(Self.tracked.replacing("52.1", with: "52.05")).settings
        try await Self.run(settings) { (house: HelperHouse) async throws in
            await Self.move(house, 52.05)
            await house.advance(120)
            #expect(try await Self.state(house) == "away")
            await house.configure(moved)
            #expect(try await Self.state(house) == "work")
        }
    }

    @Test func `distances are those of a globe`() {
        let warsaw = HouseZone("home", latitude: 52.2297, longitude: 21.0122, radius: 100)
        let time = Timestamp(microseconds: 0)
        func metres(_ latitude: Double, _ longitude: Double) -> Double {
            warsaw.distance(to: Position(latitude: latitude, longitude: longitude, time: time))
        }
        #expect(metres(52.2297, 21.0122) == 0)
        // Warsaw to Berlin, and over the date line to the other side of the world.
        #expect(abs(metres(52.52, 13.405) - 517_000) < 3000)
        #expect(abs(metres(-52.2297, -158.9878) - 20_015_000) < 1000)
    }

    // MARK: What is read

    @Test func `people and zones are read with what is usual`() throws {
        let (settings, problems) = Self.read(
            """
            hub: {location: {latitude: 52.1, longitude: 21.2}}
            zones: {work: {latitude: 52.2, longitude: 21.0, radius: 200}}
            people: {anna: {trackers: [{key: a.b}]}, józef: {label: Jo, trackers: [{key: a.c}], away_after: 1h}}
            """)
        #expect(problems == [])
        #expect(settings.zones.map(\.name) == ["home", "work"] && settings.zones.map(\.radius) == [100, 200])
        #expect(settings.people.map(\.label) == ["Anna", "Jo"])
        #expect(settings.people.map(\.awayAfter) == [.seconds(300), .seconds(3600)])
        let state = try #require(settings.keys.first)
        #expect(state.pattern.name?.text == "people.anna.state" && state.type == .string)
        let home = Self.read(
            """
            hub: {location: {latitude: 52.1, longitude: 21.2}}
            zones: {home: {radius: 150}}
            """)
        #expect(home.problems == [] && home.settings.zones.map(\.radius) == [150])
        #expect(home.settings.zones.map(\.latitude) == [52.1])
    }

    @Test(arguments: [
        ("people: {an.na: {trackers: [{key: a}]}}", "part of the names of keys"),
        ("people: {anna: {}}", "needs 'trackers'"),
        ("people: {anna: {trackers: []}}", "a list of trackers"),
        ("people: {anna: {trackers: [{kee: a}]}}", "did you mean 'key'?"),
        ("people: {anna: {trackers: [{key: a}, {key: a}]}}", "is there already"),
        ("people: {anna: {trackers: [{key: people.anna.home}]}}", "is no tracker of it"),
        ("people: {anna: {trackers: [{key: a}], away_after: soon}}", "expects a duration"),
        ("keys: {people.anna.home: {type: string}}\npeople: {anna: {trackers: [{key: a}]}}", "leave out 'type'"),
        ("people: {anna: {trackers: [{ping: -f}]}}", "neither an IP address nor a name"),
        ("people: {anna: {trackers: [{ping: a, every: 1s}]}}", "'every' expects"),
        ("people: {anna: {trackers: [{owntracks: phone}]}}", "two levels of a topic"),
        ("people: {anna: {trackers: [{owntracks: a/b}]}}", "where the home is"),
        ("zones: {away: {latitude: 1, longitude: 1}}", "cannot be the name of a zone"),
        ("zones: {work: {latitude: 91, longitude: 1}}", "'latitude' expects"),
        ("zones: {work: {latitude: 9}}", "needs 'longitude'"),
        ("zones: {home: {radius: 150}}", "needs 'latitude'"),
    ])
    func `what is wrong is said with what to write`(text: String, problem: String) {
        let problems = Self.read(text).problems
        #expect(problems.contains { $0.contains(problem) }, "\(problems)")
    }
}

extension HelperHouse {
    func ping(_ address: String, _ isThere: Bool?) async {
        await withCheckedContinuation { done in
            desk.hub.enqueue { [people] hub in
                people.heard(ping: address, isThere: isThere, in: hub)
                done.resume()
            }
        }
    }

    /// As a reload does.
    func configure(_ settings: PeopleSettings) async {
        await withCheckedContinuation { done in
            desk.hub.enqueue { [people] hub in
                people.configure(settings, in: hub)
                done.resume()
            }
        }
    }
}
