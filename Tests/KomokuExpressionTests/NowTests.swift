import Komoku
import KomokuTesting
import Testing

@testable import KomokuExpression

/// When what an expression asks of `now` can change.
struct NowTests {
    private static let start = Timestamp(microseconds: 1_783_000_000_300_000)

    private static func value(_ expression: CompiledExpression, _ keys: [String: Value], at time: Timestamp) -> Value? {
        expression.evaluate { reference in
            switch reference {
            case .clock(let call): call.value(at: time, in: .utc)
            case .key(let name): keys[name.text]
            default: nil
            }
        }
    }

    private static func next(
        _ expression: CompiledExpression, _ keys: [String: Value], after time: Timestamp
    ) -> Timestamp? {
        expression.nextChange(after: time, in: .utc) { reference in
            switch reference {
            case .clock(let call): call.value(at: time, in: .utc)
            case .key(let name): keys[name.text]
            default: nil
            }
        }
    }

    @Test(
        arguments: [
            ("now > 1783000060.3", 60), ("now - hall.lux >= 30m", 1800 - 100), ("hall.lux - now < 0 - 5m", 300 - 100),
            ("abs(now - 1783000100.3) < 40", 60), ("abs(now - hall.lux) > 2m", 20), ("now * 2 > 3566000020.6", 10),
            ("now / 2 - 891500000.15 > 7", 14), ("hall.motion and now > hall.lux + 200", 100),
            ("if hall.motion then now > 1783000060.3 else false", 60), ("(hall.lux ?? 0) + 110 < now", 10),
            ("now > 1782000000", nil), ("now - hall.lux < 10", nil), ("hall.temperature + 3 < now", nil),
            ("now - now > 5", nil),
        ] as [(String, Int64?)])
    func `a comparison with now changes at its own moment`(text: String, seconds: Int64?) throws {
        let lux = Value.number(Self.start.seconds - 100)
        let keys: [String: Value] = ["hall.lux": lux, "hall.motion": .boolean(true)]
        let expression = try House.compileRule(text)
        let found = Self.next(expression, keys, after: Self.start)
        guard let seconds, let found else {
            #expect(seconds == nil && found == nil)
            return
        }
        let off = (found - (Self.start + .seconds(seconds))).microseconds
        #expect(off.magnitude < 50)
    }

    @Test(arguments: [
        "now % 60 < 5", "round(now) = 3", "now", "min(now, 5) < 3", "now * now > 4", "now in [1, 2]",
        "now - previous(hall.lux) > 300", "now - at(hall.lux, 1783000000) > 300",
    ])
    func `what cannot be worked out is looked at each second`(text: String) throws {
        let expression = try House.compileRule(text)
        let next = try #require(Self.next(expression, [:], after: Self.start))
        #expect(next == Self.start + .milliseconds(700))
    }

    private static let templates = [
        "now > A", "now - B < C", "A < now", "abs(now - A) < C", "abs(A - now) >= C and now > B",
        "now >= A or hall.motion",
        "not (now - A > C)", "if hall.motion then now < A else now > B", "hour = 3 or now > A", "(hall.lux ?? A) < now",
        "now * 2 - A > B", "A = now", "C != now - B", "(now > A) != (now > B)", "0 - now > 0 - A",
    ]

    /// The plain way: looks at many moments until the next change that was worked out, and finds the same result at each.
    @Test(arguments: 0..<200)
    func `until the moment that is told nothing changes`(seed: Int) throws {
        var generator = SplitMix(seed: UInt64(seed))
        func moment() -> String {
            let away = Double(Int.random(in: -400_000...400_000, using: &generator)) / 100
            return DecimalNumber.text(Self.start.seconds + away)
        }
        let seconds = Double(Int.random(in: 0...200_000, using: &generator)) / 100
        let length = DecimalNumber.text(seconds)
        let text = (Self.templates.randomElement(using: &generator) ?? "")
            .replacing("A", with: moment()).replacing("B", with: moment()).replacing("C", with: length)
        let lux = Self.start.seconds + Double.random(in: -1000...1000, using: &generator)
        let keys: [String: Value] = [
            "hall.motion": .boolean(.random(using: &generator)), "hall.lux": .number(lux),
        ]
        let expression = try House.compileRule(text)
        var (time, looks) = (Self.start, 0)
        let horizon = Self.start + .seconds(10_000)
        while time < horizon {
            looks += 1
            let next = Self.next(expression, keys, after: time) ?? horizon
            let seen = Self.value(expression, keys, at: time)
            let length = (next - time).microseconds
            #expect(length > 0)
            let samples = (0..<40).map { _ in Int64.random(in: 0..<max(1, length), using: &generator) } + [length - 1]
            // Right behind a moment a double may not say yet what changed: one more look follows.
            for sample in samples where sample >= 0 && !(sample < 25 && looks > 1) {
                let found = Self.value(expression, keys, at: time + Duration(microseconds: sample))
                #expect(found == seen, "\(text) changes \(sample) of \(length) µs after \(time.seconds)")
            }
            time = next
        }
        #expect(looks < 20, "\(text) is looked at \(looks) times")
    }
}
