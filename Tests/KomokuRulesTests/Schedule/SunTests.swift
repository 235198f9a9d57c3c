import Komoku
import KomokuStore
import Testing

@testable import KomokuRules

struct SunTests {
    private let reykjavik = Sun(latitude: 64.15, longitude: -21.94)
    private let tromso = Sun(latitude: 69.65, longitude: 18.96)

    private func time(_ text: String) throws -> Timestamp {
        let seconds: [String: Double] = [
            "2026-06-21 23:30": 1_782_084_600, "2026-06-22 02:00": 1_782_093_600, "2026-12-21 12:00": 1_797_854_400,
            "2026-06-21 00:00": 1_782_000_000,
        ]
        return try #require(seconds[text].flatMap { Timestamp(seconds: $0) })
    }

    /// The sun sets there after midnight in June.
    @Test func `the night goes by the sun, not by the date`() throws {
        #expect(!reykjavik.isDown(at: try time("2026-06-21 23:30")))
        #expect(reykjavik.isDown(at: try time("2026-06-22 02:00")))
        let sunset = try #require(reykjavik.previous(.sunset, upTo: try time("2026-06-22 02:00"), in: .utc))
        #expect((try time("2026-06-22 02:00") - sunset).seconds < 7200)
    }

    @Test func `in polar night it is night, and the next sunrise is weeks away`() throws {
        let noon = try time("2026-12-21 12:00")
        #expect(tromso.isDown(at: noon))
        let next = try #require(tromso.next(.sunrise, after: noon, in: .utc))
        #expect((next - noon).seconds > 14 * 86_400)
        #expect(!tromso.isDown(at: try time("2026-06-21 00:00")))
    }

    @Test func `events go on and on, each between two of the other`() throws {
        let warsaw = Sun(latitude: 52.23, longitude: 21.01)
        var now = try time("2026-06-21 00:00")
        for _ in 0..<50 {
            let rise = try #require(warsaw.next(.sunrise, after: now, in: .utc))
            let set = try #require(warsaw.next(.sunset, after: rise, in: .utc))
            #expect(warsaw.previous(.sunrise, upTo: set, in: .utc) == rise)
            #expect(warsaw.isDown(at: rise - .seconds(120)) && !warsaw.isDown(at: rise + .seconds(120)))
            #expect((40...130).contains(warsaw.azimuth(at: rise)) && (230...320).contains(warsaw.azimuth(at: set)))
            now = set
        }
    }
}
