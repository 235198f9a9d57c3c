import Komoku
import KomokuHub
import KomokuTesting
import Testing

@testable import KomokuMQTT

@Suite struct OwnTracksSourceTests {
    private static let phone = "owntracks/anna/phone"
    private let replay = DeviceReplay([OwnTracksSource(base: "owntracks")])

    private func value(_ property: String) -> Value? { replay.value(Self.phone, property) }

    private func stamp(_ seconds: Double) -> String { DecimalNumber.text(DeviceReplay.start.seconds + seconds) }

    @Test func `a position becomes keys of a device, dated by the phone`() throws {
        replay.send(
            Self.phone,
            #"{"_type":"location","lat":52.1,"lon":21.2,"acc":12,"batt":80,"tst":\#(stamp(-5)),"vel":4,"alt":100,"tid":"an","inregions":["Home","Garden"]}"#,
            retained: true)
        #expect(replay.letters == [])
        #expect(replay.devices[DeviceID(Self.phone)]?.name == "anna phone")
        #expect(value("latitude") == .number(52.1) && value("longitude") == .number(21.2))
        #expect(value("accuracy") == .number(12) && value("battery") == .number(80))
        #expect(value("velocity") == .number(4) && value("altitude") == .number(100))
        #expect(value("regions") == .string("Home, Garden"))
        let last = try #require(replay.last[PropertyID(DeviceID(Self.phone), "latitude")])
        #expect(last.time == DeviceReplay.start - .seconds(5))
    }

    @Test func `an older position moves nobody back, and one of the future is of now`() {
        func send(_ latitude: Int, _ seconds: Double) {
            replay.send(Self.phone, #"{"_type":"location","lat":\#(latitude),"lon":1,"tst":\#(stamp(seconds))}"#)
        }
        send(10, -60)
        send(20, -30)
        send(30, -45)
        #expect(value("latitude") == .number(20))
        send(40, 1e6)
        #expect(value("latitude") == .number(40))
        send(50, 0)
        #expect(value("latitude") == .number(50))
    }

    @Test func `a crossing is an event, and a position where it has one`() {
        let text = #"{"_type":"transition","event":"enter","desc":"Work","lat":5,"lon":6,"tst":\#(stamp(-1))}"#
        replay.send(Self.phone + "/event", text, retained: true)
        #expect(replay.events.isEmpty && value("latitude") == .number(5))
        replay.send(Self.phone + "/event", text)
        #expect(replay.events[PropertyID(DeviceID(Self.phone), "transition")] == [.string("enter Work")])
        replay.send(Self.phone + "/event", #"{"_type":"transition","event":"jump"}"#)
        #expect(replay.letters.count == 1)
    }

    @Test(arguments: [
        ("[1]", "no message of OwnTracks"), ("{", "no message of OwnTracks"), ("{}", "'_type'"),
        (#"{"_type":"location"}"#, "'lat' and 'lon'"), (#"{"_type":"location","lat":"1","lon":2}"#, "'lat' and 'lon'"),
        (#"{"_type":"location","lat":91,"lon":2}"#, "-90 to 90"),
        (#"{"_type":"location","lat":1e308,"lon":-1e308}"#, "-90 to 90"),
        (#"{"_type":"location","lat":1,"lon":2,"tst":"x"}"#, "'tst'"),
        (#"{"_type":"location","lat":1,"lon":2,"tst":1e300}"#, "'tst'"),
        (#"{"_type":"encrypted","data":"x"}"#, "encrypted, and cannot be read"),
    ])
    func `what cannot be used is told, and does no harm`(payload: String, reason: String) {
        replay.send(Self.phone, payload)
        #expect(replay.letters.count == 1 && replay.letters.first?.contains(reason) == true, "\(replay.letters)")
        #expect(replay.last.isEmpty)
    }

    @Test func `what makes no sense beside a position is left out, and other messages say nothing`() {
        for payload in [
            #"{"_type":"lwt","tst":1}"#, #"{"_type":"waypoint","desc":"x","lat":1,"lon":2}"#, #"{"_type":"card"}"#, "",
        ] {
            replay.send(Self.phone, payload)
        }
        replay.send("owntracks/anna", "x")
        replay.send("owntracks/anna/phone/cmd", "x")
        #expect(replay.devices.isEmpty && replay.letters == [])
        replay.send(Self.phone, #"{"_type":"location","lat":1,"lon":2,"acc":-5,"batt":900,"vel":"fast","inregions":7}"#)
        #expect(value("latitude") == .number(1) && value("accuracy") == nil && value("battery") == nil)
        #expect(value("regions") == .string("") && replay.letters == [])
    }

    @Test(arguments: 0..<200)
    func `no bytes end it`(seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        var bytes = Array(
            #"{"_type":"location","lat":52.1,"lon":21.2,"acc":12,"tst":1700000000,"inregions":["a"]}"#.utf8)
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let place = Int.random(in: bytes.indices, using: &random)
            bytes[place] = UInt8.random(in: 0...255, using: &random)
            if Bool.random(using: &random) { bytes.removeSubrange(place..<min(bytes.count - 1, place + 3)) }
        }
        replay.send(Self.phone, bytes)
        if case .number(let latitude)? = value("latitude") { #expect((-90...90).contains(latitude)) }
    }

    @Test func `there are not more devices than there is room for`() {
        for number in 0..<OwnTracksSource.maximumDevices + 5 {
            replay.send("owntracks/u/\(number)", #"{"_type":"location","lat":1,"lon":2}"#)
        }
        #expect(replay.devices.count == OwnTracksSource.maximumDevices)
        #expect(replay.letters.count == 5)
    }
}
