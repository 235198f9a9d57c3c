import Komoku
import KomokuTesting
import Testing

/// What people and programs write as numbers, lengths, dates, names and documents.
struct ValuesFuzzTests {
    @Test func `no number, length or date makes the hub trap`() throws {
        let zones = try [
            Zone.utc, Zone(name: "a", rule: "CET-1CEST,M3.5.0,M10.5.0/3"),
            Zone(name: "b", rule: "<-12>24<+12>-24,J1/-167,J365/167"),
        ]
        Fuzz.run("values", seeds: 8000) { source in
            let text = Self.written(&source)
            let zone = source.pick(zones)
            let number = source.double()
            var times = [Timestamp.distantPast, .distantFuture, Timestamp(microseconds: 0)]
            times += [Timestamp(seconds: number), Timestamp(dated: text)].compactMap(\.self)
            times += [Timestamp(dated: text, in: zone, notAfter: source.pick(times))].compactMap(\.self)
            let lengths = [try? Duration(parsing: text), Duration(seconds: number), WireStep(text)?.duration]
                .compactMap(\.self)
            for time in times {
                _ = (time.seconds, time.wholeMilliseconds, zone.local(time).description, zone.offset(at: time))
                for unit in CalendarUnit.allCases { _ = zone.start(of: unit, after: zone.start(of: unit, at: time)) }
                for length in lengths { _ = (time + length, time - length, length.description, time - (time - length)) }
            }
            _ = Int(exactly: number).flatMap { CivilDate(year: $0, month: 12, day: 31) }.map {
                LocalDateTime($0, hour: 23).description
            }
            _ = LocalDateTime(secondsSince1970: Int(exactly: number) ?? .max).date.description
            _ = DecimalNumber.text(DecimalNumber.round(number, decimals: source.pick([-1, 0, 3, 15, 16, 99])))
        }
    }

    @Test func `no text makes the hub trap where it is read as a value, a name or a document`() {
        Fuzz.run("texts", seeds: 6000) { source in
            let text = Self.written(&source)
            _ = KeyName(text)
            _ = try? KeyPattern(validating: text)
            _ = Value.infer(text)
            for type in [KeyType.numeric, .counter, .boolean, .uptime, .string] { _ = Value.infer(text, as: type) }
            _ = try? Zone(name: "x", rule: text)
            var bytes = source.mutant(of: source.json()).bytes
            _ = try? JSON(parsing: bytes)
            for _ in 0..<3 {
                source.damage(&bytes)
                if let json = try? JSON(parsing: bytes) { _ = json.text }
            }
            _ = try? Zone(name: "x", tzif: bytes)
        }
    }

    /// Something that is nearly right.
    private static func written(_ source: inout FuzzSource) -> String {
        var bytes: [UInt8]
        switch source.below(6) {
        case 0: bytes = Array(source.text().utf8)
        case 1:
            let parts = (0...source.below(3)).map { _ in
                source.number() + source.pick(["ms", "s", "m", "h", "d", "w", "y", "S", "M", "H", ""])
            }
            bytes = Array(parts.joined().utf8)
        case 2:
            let date = [source.number(), source.number(), source.number()].joined(separator: "-")
            bytes = Array("\(date)T\(source.number()):\(source.number())".utf8)
        case 3: bytes = Array("2026-03-29T02:30:00.123456789+01:00".utf8)
        case 4: bytes = Array("CET-1CEST,M3.5.0/2,M10.5.0/3".utf8)
        default: bytes = Array("9999-12-31 23:59:60 -2359".utf8)
        }
        if source.chance(2) { source.damage(&bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
