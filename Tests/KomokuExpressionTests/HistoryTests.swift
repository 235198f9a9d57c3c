import Komoku
import KomokuExpression
import Testing

/// The functions that ask the store, the state of keys and devices, and the clock.
struct HistoryTests {
    struct Case: Sendable {
        let text: String
        let reference: String
        let kind: ValueKind?
        let unit: String?

        init(_ text: String, as reference: String? = nil, _ kind: ValueKind?, _ unit: String? = nil) {
            (self.text, self.reference, self.kind, self.unit) = (text, reference ?? text, kind, unit)
        }
    }

    static let calls = [
        Case("avg(hall.temperature, 10m)", .number, "°C"),
        Case("avg(hall.temperature, 600s)", as: "avg(hall.temperature, 10m)", .number, "°C"),
        Case("min(hall.lux, 1h)", .number), Case("max(hall.lux, 90m)", as: "max(hall.lux, 1h30m)", .number),
        Case("sum(washer.energy, 1d)", .number, "kWh"), Case("delta(washer.energy, 1d)", .number, "kWh"),
        Case("rate(washer.energy, 1h)", .number, "kWh/s"), Case("count(alarm, 1h)", .number),
        Case("last(alarm)", .text), Case("previous(hall.motion)", .boolean), Case("age(alarm)", .number, "s"),
        Case("last(any.thing)", nil), Case("at(hall.temperature, 1h)", .number, "°C"),
        Case("at(hall.lux, 1800000000)", .number), Case("changed(note, 5m)", .boolean),
        Case("fraction(hall.motion, 1d)", as: "fraction(hall.motion = true, 1d)", .number),
        Case("fraction(alarm = 'armed', 1d)", .number), Case("duration(alarm != 'armed', 1d)", .number, "s"),
        Case("duration(hall.temperature > 25, 12h)", .number, "s"),
        Case("duration(hall.motion = true, 1d)", .number, "s"),
        Case("avg(self.lux, 1h)", as: "avg(hall.lux, 1h)", .number),
        Case("avg(`{self}.temperature`, 1h)", as: "avg(hall.temperature, 1h)", .number, "°C"),
        Case("avg(`living-room.lux`, 1h)", as: "avg(living-room.lux, 1h)", .number),
        Case("stale(hall.lux)", .boolean), Case("online('lamp')", .boolean),
        Case("stale(self.lux)", as: "stale(hall.lux)", .boolean),
        Case("time_between('22:00', '6:00:30')", as: "time_between('22:00', '06:00:30')", .boolean),
        Case("now", .number, "s"), Case("now()", as: "now", .number, "s"), Case("minute", .number),
        Case("weekday", .number),
        Case("date", .text), Case("month", .number), Case("day", .number), Case("sunrise", .number, "s"),
        Case("sunset()", as: "sunset", .number, "s"), Case("elevation", .number, "°"),
    ]

    @Test(arguments: calls)
    func asksOneQuestion(_ some: Case) throws {
        let compiled = try House.compileRule(some.text)
        #expect(compiled.references.map(\.description) == [some.reference])
        #expect(compiled.kind == some.kind && compiled.unit == some.unit)
        let value = Value.number(4)
        #expect(compiled.evaluate { $0.description == some.reference ? value : nil } == value)
    }

    static let faults: [(String, String)] = [
        ("avg(alarm, 10m)", "4: avg is of numbers, alarm is text; fraction(alarm = …, 1d) tells the part of the time"),
        (
            "sum(hall.motion, 1d)",
            "4: sum is of numbers, hall.motion is true or false; fraction(hall.motion, 1d) tells the part of the time"
        ),
        ("delta(note, 1d)", "6: delta is of numbers, note is text; fraction(note = …, 1d) tells the part of the time"),
        ("rate(hall.lux, 10)", "15: rate takes a duration, 10 has no unit; write 10s or 10m"),
        ("avg(hall.lux, hall.temperature)", "14: avg takes a duration, hall.temperature is not one; write 10m"),
        ("avg(hall.lux, count3)", "14: avg takes a duration, count3 is not one; write 10m"),
        ("avg(hall.lux, 0s)", "14: 0s is no time to look back"),
        (
            "avg(hall.lux + 1, 10m)",
            "4: avg takes a key, hall.lux + 1 is not one; write avg(key, 10m) or avg('*.temperature')"
        ),
        ("avg(room, 10m)", "4: avg takes a key, room is not one; write avg(key, 10m) or avg('*.temperature')"),
        ("avg(hall.lx, 10m)", "4: there is no key 'hall.lx'; did you mean 'hall.lux'?"),
        ("avg(self.lx, 10m)", "4: there is no key 'hall.lx'; did you mean 'hall.lux'?"),
        ("avg(hall.lux)", "0: avg does not take 1 argument; write avg(key, 10m) or avg('*.temperature')"),
        ("last(5)", "5: last takes a key, 5 is not one; write last(key)"),
        ("age('a')", "4: age takes a key, 'a' is not one; write age(key)"),
        ("at(hall.lux, 'x')", "13: at takes a time or a duration, 'x' is text"),
        ("at(hall.lux, -5m)", "13: -5m is no time to look back"),
        ("fraction(alarm, 1d)", "9: alarm is text; compare it: fraction(alarm = …, 1d)"),
        ("duration(hall.lux, 1d)", "9: hall.lux is a number; compare it: duration(hall.lux = …, 1d)"),
        ("duration(alarm = 'of', 1d)", "17: alarm is never 'of'; it is one of armed, disarmed, waiting"),
        ("duration(alarm = 3, 1d)", "9: alarm is text and 3 is a number: they cannot be equal"),
        ("duration(alarm > 3, 1d)", "9: '>' compares numbers, alarm is text"),
        ("duration(hall.lux > 'a', 1d)", "20: '>' compares numbers, 'a' is text"),
        ("duration(hall.lux + 1, 1d)", "9: duration compares a key with a value; write key = value"),
        ("changed(note, 5)", "14: changed takes a duration, 5 has no unit; write 5s or 5m"),
        ("count(note, true)", "12: count takes a duration, true is not one; write 10m"),
        ("previous(1)", "9: previous takes a key, 1 is not one; write previous(key)"),
        ("stale('a')", "6: stale takes a key, 'a' is not one; write stale(key)"),
        ("online(5)", "7: online takes the name of a device, 5 is a number; write it in quotes"),
        ("time_between('22:00', '24:00')", "22: '24:00' is not a time of day; write '00:00'"),
        ("time_between(22, '06:00')", "13: 22 is not a time of day; write it like '22:00'"),
        ("date > 3", "0: '>' compares numbers, date is text"),
        ("hour(3)", "0: hour does not take 1 argument; write hour"),
    ]

    @Test(arguments: faults)
    func isRefused(_ text: String, _ words: String) {
        let faults = #expect(throws: Expression.Faults.self) { try House.compileRule(text) }
        #expect(faults?.description == words)
    }

    @Test func aKeyMadeOfALocalIsAskedForWhenItIsEvaluated() throws {
        let compiled = try House.compileRule("avg(`{room}.temperature`, span) > `{room}.limit`")
        var asked: [String] = []
        let result = compiled.evaluate {
            asked.append($0.description)
            switch $0 {
            case .local("room"): return .string("bath")
            case .local("span"): return .number(600)
            case .history: return .number(21)
            default: return .number(20)
            }
        }
        #expect(result == .boolean(true))
        #expect(asked == ["room", "span", "avg(bath.temperature, 10m)", "room", "bath.limit"])
        #expect(compiled.reads.computedKeys.map(\.description) == ["{room}.temperature", "{room}.limit"])
        #expect(
            compiled.evaluation { _ in .value(.string("not a name")) }.reason
                == "`{room}.temperature` makes no name of a key")
        #expect(compiled.evaluation { _ in .value(.number(-1)) }.reason?.hasSuffix("cannot be looked back") == true)
    }

    @Test(arguments: [
        ("=", 1.0, true), ("=", 2, false), ("!=", 2, true), ("<", 0.5, true), ("<=", 1, true), (">", 1, false),
        (">=", 1, true),
    ])
    func aConditionOfHistoryHolds(_ sign: String, _ number: Double, _ holds: Bool) throws {
        let compiled = try House.compileRule("duration(hall.lux \(sign) 1, 1d)")
        guard case .history(let call)? = compiled.references.first, let condition = call.condition else {
            Issue.record("no condition")
            return
        }
        #expect(condition.holds(.number(number)) == holds)
        #expect(condition.holds(.string("a")) == nil)
    }

    @Test func whereThereIsNoSelfItsNameIsOneOfAKey() throws {
        let environment = TypeEnvironment(key: { $0.text == "self.lux" ? .init(.number) : nil }, offers: .all)
        let compiled = try Expression.parse("self.lux > avg(self.lux, 1h)").check(in: environment)
        #expect(compiled.references.map(\.description) == ["self.lux", "avg(self.lux, 1h)"])
    }

    @Test func minAndMaxWithoutAWindowCompare() throws {
        #expect(try House.compileRule("min(hall.lux, 5)").references == [.key(KeyName("hall.lux")!)])
        #expect(try House.compileRule("max(span, 5m)").evaluate { _ in .number(400) } == .number(400))
    }
}
