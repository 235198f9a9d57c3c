import Glibc
import Komoku
import KomokuTesting
import Testing

/// People of the configuration, by a phone on a real broker.
@Suite(.timeLimit(.minutes(2))) struct PeopleTests {
    private static func configuration(workAt latitude: Double) -> String {
        """
        hub: {location: {latitude: 52, longitude: 21}}
        zones: {work: {latitude: \(latitude), longitude: 21, radius: 200}}
        people: {anna: {trackers: [{owntracks: anna/phone}], away_after: 4s}}
        """
    }

    @Test func `a phone says where somebody is, over a kill in the middle of the wait and a reload`() async throws {
        let house = try House(Self.configuration(workAt: 52.1))
        defer { house.remove() }
        var hub = try await house.start()
        defer { hub.end() }
        let phone = try await TestMQTTClient(port: house.broker.port)
        func move(_ latitude: Double) async throws {
            let seconds = DecimalNumber.text(Double(time(nil)))
            try await phone.publish(
                "owntracks/anna/phone",
                #"{"_type":"location","lat":\#(latitude),"lon":21,"acc":10,"batt":70,"tst":\#(seconds)}"#, retain: true)
        }
        try await move(52)
        try await house.wait(for: "people.anna.state", "home")
        try await house.wait(for: "people.anna.battery", 70)
        try await move(53)
        try await house.wait(for: "people.anna.latitude", 53)
        #expect(try await house.get("people.anna.state") == "home")
        hub.end(SIGKILL)
        hub = try await house.start()
        try await house.wait(for: "people.anna.state", "away")
        try await house.wait(for: "people.anna.home", false)
        // Where the last position is, there is work now.
        try house.write(Self.configuration(workAt: 53))
        hub.signal(SIGHUP)
        try await house.wait(for: "people.anna.state", "work")
        let (_, devices) = try await house.komoku("devices", "--json")
        #expect(devices.joined().contains("owntracks/anna/phone"))
    }
}
