import Komoku
import KomokuExpression
import KomokuTesting
import Testing

struct ReadsTests {
    /// expression | keys | interval in seconds, `-` for none.
    static let table = #"""
        hall.lux < 40 and hall.lux > 3   | hall.lux | -
        avg(hall.lux, 10m) > 3           | hall.lux | 10
        avg(hall.lux, 10s) > 3           | hall.lux | 1
        changed(note, 1d)                | note | 60
        last(note) = previous(alarm)     | note alarm | -
        age(note) > 5m                   | note | 1
        age(note) * 2 > 5m               | note | 1
        at(note, 1h) = 'a'               | note | 60
        at(note, 1800000000) = 'a'       | note | -
        at(note, now - 1h) = 'a'         | note | 1
        stale(hall.lux) or hall.motion   | hall.lux hall.motion | -
        online('lamp')                   | | -
        minute > 3                       | | 60
        time_between('22:00', '06:00')   | | 60
        time_between('22:00:10', '6:00') | | 1
        elevation < 0 and sunset > now   | | 1
        fraction(self.motion, 1h) > 0.5  | hall.motion | 60
        """#

    @Test(arguments: table.split(separator: "\n"))
    func lists(_ line: Substring) throws {
        let columns = line.split(separator: "|", omittingEmptySubsequences: false).map(ExpressionTests.trim)
        let reads = try House.compileRule(columns[0]).reads
        #expect(reads.keys.map(\.text).joined(separator: " ") == columns[1])
        #expect(reads.interval.map { DecimalNumber.text($0.seconds) } ?? "-" == columns[2])
        #expect(reads.isTimeDependent == (columns[2] != "-"))
    }

    @Test func aDeviceIsRead() throws {
        #expect(try House.compileRule("online('lamp') and online(room)").reads.devices == ["lamp", nil])
    }

    static func berlin() throws -> Zone { try Zone(name: "Berlin", rule: "CET-1CEST,M3.5.0,M10.5.0/3") }

    /// 2026-03-29 01:00 UTC clocks are put forward, 2026-10-25 01:00 UTC back; and a plain day.
    static let starts: [Int64] = [1_774_720_800, 1_792_864_800, 1_783_000_000]

    static let calls = [
        "hour", "minute", "weekday", "date", "day", "month", "time_between('22:00', '06:00')",
        "time_between('02:30', '04:00')", "time_between('02:10', '02:50')", "time_between('12:00', '12:00:01')",
        "time_between('00:00', '23:59:59')",
    ]

    @Test(arguments: calls)
    func theNextChangeIsTheNextSecondWithAnotherAnswer(_ text: String) throws {
        let zone = try Self.berlin()
        guard case .clock(let call)? = try House.compileRule(text).references.first else { return }
        // Every limit is a whole minute, or a second before or behind one.
        let seconds: [Int64] = text.contains(":01") || text.contains(":59") ? [0, 1, 59] : [0]
        for start in Self.starts {
            var expected: [Int64] = []
            let ends = start + 30 * 3600
            var before = call.value(at: Timestamp(microseconds: start * 1_000_000), in: zone)
            for second in start + 1...ends where seconds.contains(second % 60) {
                let value = call.value(at: Timestamp(microseconds: second * 1_000_000), in: zone)
                if value != before { expected.append(second) }
                before = value
            }
            // What may change need not: an hour that comes twice is the same twice, and so on.
            var found: [Int64] = []
            var time = Timestamp(microseconds: start * 1_000_000)
            while let next = call.nextChange(after: time, in: zone), next.microseconds / 1_000_000 <= ends {
                #expect(next > time && next.microseconds % 1_000_000 == 0)
                time = next
                found.append(next.microseconds / 1_000_000)
            }
            #expect(Set(expected).isSubset(of: found), "\(start)")
            #expect(found.count <= expected.count + 4)
        }
    }

    @Test func aMomentWithinASecondIsTakenToo() throws {
        let zone = try Self.berlin()
        let compiled = try House.compileRule("time_between('22:00', '06:00') or minute = 3 or now > sunset")
        let time = Timestamp(microseconds: 1_783_000_000_250_000)
        #expect(compiled.reads.nextChange(after: time, in: zone) == Timestamp(microseconds: 1_783_000_001_000_000))
        let minute = try House.compileRule("minute = 3").reads.nextChange(after: time, in: zone)
        #expect(minute == Timestamp(microseconds: 1_783_000_020_000_000))
    }

    @Test func anAgeReachesItsLimitOnce() throws {
        let reads = try House.compileRule("age(note) > 10m or hall.lux > 3").reads
        let heard = Timestamp(microseconds: 1_783_000_000_000_000)
        func next(_ seconds: Int64, heard: Timestamp?) -> Timestamp? {
            reads.nextChange(after: Timestamp(microseconds: 1_783_000_000_000_000) + .seconds(seconds), in: .utc) { _ in
                heard
            }
        }
        #expect(next(5, heard: heard) == heard + .seconds(600))
        #expect(next(600, heard: heard) == heard + .seconds(600) + Duration(microseconds: 1))
        #expect(next(605, heard: heard) == heard + .seconds(620))
        #expect(next(5, heard: nil) == nil)
    }

    @Test func anExpressionWithoutTimeNeverChangesByItself() throws {
        #expect(try House.compileRule("hall.lux > 3").reads.nextChange(after: .distantPast, in: .utc) == nil)
        let extremes: [Timestamp] = [.distantPast, .distantFuture]
        for text in Self.calls + ["now > 0", "avg(hall.lux, 7s) > 0", "elevation > 0"] {
            for time in extremes { _ = try House.compileRule(text).reads.nextChange(after: time, in: .utc) }
        }
    }

    @Test func templatesReadAllTheirParts() throws {
        let template = try Template.parse("{hall.lux} {avg(note2, 10m) ?? 0}").check(
            in: TypeEnvironment(key: { _ in .init(.number) }, offers: .all))
        #expect(template.reads.keys.map(\.text) == ["hall.lux", "note2"] && template.reads.isTimeDependent)
    }
}
