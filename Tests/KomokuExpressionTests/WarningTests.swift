import Komoku
import KomokuExpression
import Testing

struct WarningTests {
    private func warnings(of text: String, unknown: Bool = false, unit: String? = nil) throws -> [String] {
        let checked = try Expression.parse(text).checkWithWarnings(in: House.rule(warning: unknown), unit: unit)
        #expect(checked.warnings.allSatisfy { $0.severity == .warning })
        return checked.warnings.map(\.description)
    }

    @Test(arguments: [
        ("hall.temperature > hall.humidity", "0: hall.temperature is in °C and hall.humidity is in %"),
        ("washer.power + washer.energy", "0: washer.power is in W and washer.energy is in kWh"),
        ("washer.power = washer.energy", "0: washer.power is in W and washer.energy is in kWh"),
        ("max(hall.temperature, washer.power)", "0: hall.temperature is in °C and washer.power is in W"),
        ("avg(washer.power, 1h) > washer.energy", "0: avg(washer.power, 1h) is in W and washer.energy is in kWh"),
        ("hall.temperature ?? hall.humidity", "0: hall.temperature is in °C and hall.humidity is in %"),
        ("age(note) > 10", "0: age(note) is a duration and 10 is a bare number; write 10s"),
        ("age(note) > 90", "0: age(note) is a duration and 90 is a bare number; write 90s or 1m30s"),
        ("now > 5m", "0: now is a time and 5m is a duration"),
        ("sunset + sunrise", "0: sunset is a time and sunrise is a time"),
        ("washer.power > 5m", "0: washer.power is in W and 5m is a duration"),
        ("1 / 0", "0: this is always unknown"),
        ("hall.lux / 0 > 3", "0: this is always unknown: division by zero"),
        ("hall.lux % 0 > 3", "0: this is always unknown: division by zero"),
        (
            "date = '12-24'",
            "7: date is never '12-24', but like '2026-12-24'; write ends_with(date, '-12-24'), or month = 12 and day = 24"
        ),
        (
            "now > sunset and now < sunrise",
            "0: sunset and sunrise are those of the present day: this is not the night; write is_night, or elevation < -4 for darkness"
        ),
        (
            "hall.motion and (sunrise - 30m > now and sunset + 30m <= now)",
            "16: sunset and sunrise are those of the present day: this is not the night; write is_night, or elevation < -4 for darkness"
        ),
        ("1 < 2 and hall.motion", "0: this is always true"),
        ("if 1 > 2 then 3 else 4", "3: this is always false"),
        ("hall.lux = hall.lux", "0: both sides are the same: this is always true"),
        ("hall.lux < hall.lux", "0: both sides are the same: this is always false"),
        ("sure.thing ?? 3", "0: sure.thing is never unknown, so '??' does nothing"),
        ("known(sure.thing)", "6: sure.thing is never unknown"),
        ("hall.lux in [1, 1]", "16: 1 is in the list twice"),
        ("alarm in ['armed', 'disarmed', 'waiting']", "0: alarm is always one of these: this is always true"),
        ("time_between('06:00', '6:00')", "0: the two times are the same: this is always false"),
        ("at(hall.lux, 5)", "13: 5 is a bare number, taken as seconds since 1970; write 1h or now - 1h"),
        ("hour > 3", "0: 'hour' is the time here; the key of that name is written `hour`"),
        ("duration(washer.power > 5m, 1d)", "9: washer.power is in W and 5m is a duration"),
    ])
    func isDoubtful(_ text: String, _ words: String) throws {
        #expect(try warnings(of: text) == [words])
    }

    @Test(arguments: [
        "hall.temperature > 20", "hall.temperature - cellar.temperature > 2", "washer.power * 2 > washer.power / 3",
        "age(note) > 10m", "now - sunset < 30m", "sunset - 30m < now", "age(note) > 0",
        "now < sunrise or now > sunset", "now > sunrise and now < sunset", "date = '2026-12-24'", "date != note",
        "sum(washer.energy, 1d) * 0.3 > 2",
        "hall.lux < 40 and not house.asleep", "duration(hall.motion, 1d) > 2h", "avg(hall.temperature, span) > 20",
        "rate(washer.energy, 1h) * 3600 > 2", "`hour` > 3", "clamp(hall.temperature, 5, 30) > 6",
    ])
    func isFine(_ text: String) throws {
        #expect(try warnings(of: text).isEmpty)
    }

    @Test(arguments: [
        ("hall.lux < 40", ["0: hall.lux may be unknown; write hall.lux ?? 0"]),
        (
            "hall.motion and alarm = 'armed'",
            [
                "0: hall.motion may be unknown; write hall.motion ?? false",
                "16: alarm may be unknown; write alarm ?? ''",
            ]
        ),
        ("(hall.lux ?? 0) < 40", []), ("known(hall.lux) and hall.lux < 40", []),
        ("known(hall.lux) or hall.lux < 40", ["19: hall.lux may be unknown; write hall.lux ?? 0"]),
        ("not known(hall.lux) or hall.lux < 40", []), ("if known(hall.lux) then hall.lux else 3", []),
        ("sure.thing > 3", []),
        ("any.thing = 3", ["0: any.thing may be unknown; write any.thing ?? 0, or what else counts then"]),
    ])
    func aKeyThatMayBeUnknownIsNamedWhereTheCallerAsks(_ text: String, _ words: [String]) throws {
        #expect(try warnings(of: text, unknown: true) == words)
    }

    @Test func thePlaceHasAUnit() throws {
        #expect(try warnings(of: "washer.power", unit: "kWh") == ["0: this is in W, the place is in kWh"])
        // What is scaled may count something else: W / 230 is A.
        #expect(try warnings(of: "washer.power / 230", unit: "A").isEmpty)
        #expect(try warnings(of: "washer.power * 2", unit: "W").isEmpty)
        #expect(try warnings(of: "300", unit: "s") == ["0: this is a bare number, the place is in s"])
    }

    @Test func warningsComeWithFaultsToo() {
        let faults = #expect(throws: Expression.Faults.self) {
            try House.compileRule("washer.power > washer.energy and note > 3")
        }
        #expect(faults?.all.map(\.offset) == [33] && faults?.warnings.map(\.offset) == [0])
    }

    @Test func aReportShowsThePlaceAndTheCarets() throws {
        let text = "washer.power > washer.energy"
        let warning = try Expression.parse(text).checkWithWarnings(in: House.rule()).warnings.first
        let report = warning?.report(on: text) { SourcePosition(file: "rules.yaml", line: 4, column: 9 + $0) }
        #expect(
            report == """
                rules.yaml:4:9: warning: washer.power is in W and washer.energy is in kWh
                washer.power > washer.energy
                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                """)
    }
}
