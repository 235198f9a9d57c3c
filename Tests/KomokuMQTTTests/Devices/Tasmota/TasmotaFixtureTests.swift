import Komoku
import KomokuHub
import Testing

@testable import KomokuMQTT

struct TasmotaFixtureTests {
    @Test func `the hour of Tasmota devices is known as a perfect hub knows it`() throws {
        let fixture = try DeviceFixture("tasmota")
        let replay = DeviceReplay([TasmotaSource()])
        fixture.replay(into: replay)
        let expectation = DeviceExpectation(expected: fixture.expected, replay: replay)
        #expect(expectation.differences(strict: true) == [])
        #expect(replay.letters == [])
        #expect(replay.removed.isEmpty)
        #expect(replay.devices.count == 15)
    }
}
