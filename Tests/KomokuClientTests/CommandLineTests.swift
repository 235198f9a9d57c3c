import ArgumentParser
import Glibc
import Komoku
import Testing

@testable import komoku_cli

struct CommandLineTests {
    @Test(
        arguments: [
            ("12.5", JSON.number(12.5)), ("-3", -3), ("true", true), ("armed", "armed"), (#""quoted""#, "quoted"),
            ("null", "null"), ("[1]", "[1]"), ("1.2.3", "1.2.3"), ("", ""),
        ] as [(String, JSON)])
    func aValueIsAJSONScalarOrText(text: String, value: JSON) {
        #expect(PutCommand.json(text, asText: false) == value)
        #expect(PutCommand.json(text, asText: true) == .string(text))
    }

    @Test func whatEveryCommandTakesMayStandBeforeTheCommand() {
        #expect(
            KomokuCommand.arranged(["--server", "ws://x", "--json", "get", "a"])
                == ["get", "--server", "ws://x", "--json", "a"])
        #expect(KomokuCommand.arranged(["get", "a", "--json"]) == ["get", "a", "--json"])
        #expect(KomokuCommand.arranged(["--json"]) == ["--json"])
        #expect(KomokuCommand.arranged(["--server"]) == ["--server"])
    }

    @Test(arguments: [
        ["put", "a", "-5"], ["put", "a", "-5", "--text", "--time", "5m"], ["put", "a", "x y"],
        ["history", "a", "--since", "2026-01-30", "--until", "2026-01-31 08:30", "--limit", "5"],
        ["define", "a", "--type", "uptime", "--max-time", "90s", "--unit", "W"], ["watch", "--init", "--count", "1"],
        ["shell", "--server", "ws://x"], ["agents"], ["agents", "rename", "a", "b"],
        ["top"], ["top", "a.*", "--by", "points", "--limit", "5", "--once", "--seconds", "30", "--csv"],
        ["watch", "a.*", "--changes", "--no-color"],
        ["stats", "a", "--since", "30d", "--step", "1h", "--percentiles", "5,50,99.9", "--fields", "mean,min"],
        ["stats", "a", "--step", "month", "--zone", "Europe/Warsaw", "--csv"], ["stats", "--store", "--json"],
        ["history", "a", "--step", "day", "--csv"], ["spans", "a", "--value", "armed", "--since", "7d"],
        ["uptime", "a", "--since", "30d"], ["profile", "a", "--by", "weekday"], ["rename", "a", "b"],
        ["merge", "a", "b", "--yes"], ["export"], ["export", "a.*", "--format", "ruby", "-o", "x"], ["import", "-"],
        ["compact"], ["backup", "x.db"], ["store", "--json"],
        ["define", "a", "--type", "string", "--log", "--keep", "100", "--keep-for", "30d"],
        ["devices"], ["devices", "--json"], ["devices", "--unsupported"], ["devices", "show", "lamp", "--json"],
        ["devices", "forget", "old lamp"], ["discover"], ["discover", "mqtt://10.0.0.1:1884", "--for", "2m"],
        ["put", "a", "on", "--dry-run", "--json"], ["put", "a", "-5", "--no-wait"],
        ["stats", "a", "--fields", "percentiles"], ["history", "a", "--since", "2200-01-01"],
        ["rules"], ["rules", "lamp", "--json"], ["runs"],
        ["runs", "--rule", "lamp", "--outcome", "failed,skipped", "--since", "1d", "--limit", "5", "--follow"],
        ["runs", "--key", "a.b"], ["why", "a.b"], ["why", "--rule", "lamp", "--follow", "--limit", "9"],
        ["emit", "bell"], ["emit", "bell", #"{"a":1}"#], ["emit", "--cell", "counter", "kitchen", "1"],
        ["emit", "counter", "kitchen", "--cell"], ["run", "lamp"], ["run", "lamp", "--set", "a=1", "--set", "b=x=y"],
        ["enable", "lamp"], ["disable", "lamp", "--stop"], ["reload"], ["notifications", "--open"],
        ["acknowledge", "5"], ["acknowledge", "5", "--topic"], ["check"], ["check", "a.yaml"], ["test"],
        ["test", "a.test.yaml", "b.test.yaml", "--junit", "x.xml"],
        ["replay", "r.yaml", "--since", "30d", "--compare", "old.yaml", "--config", "k.yaml"],
    ])
    func commandsAreUnderstood(arguments: [String]) throws {
        _ = try KomokuCommand.parseAsRoot(arguments)
    }

    @Test(arguments: [
        ["put", "a"], ["put", "a", "1", "2"], ["put", "a", "1", "--tiem", "5m"], ["put", "a", "1", "--time", "soon"],
        ["history", "a", "--limit", "0"], ["history", "a", "--since", "yesterdy"], ["define", "a"],
        ["define", "a", "--type", "nummeric"], ["watch", "--count", "0"], ["nonsense"],
        ["stats"], ["stats", "a", "--store"], ["stats", "a", "--step", "0"], ["stats", "a", "--step", "fortnight"],
        ["stats", "a", "--percentiles", "101"], ["stats", "a", "--fields", "meen"], ["stats", "a", "--since", "x"],
        ["profile", "a", "--by", "year"], ["spans", "a", "--limit", "0"], ["merge", "a", "a"],
        ["export", "--format", "xml"],
        ["stats", "a", "--since", "5m", "--until", "10m"], ["import"],
        ["stats", "a", "--since", "2200-01-01"], ["spans", "a", "--since", "2200-01-01"],
        ["uptime", "a", "--since", "2200-01-01"], ["profile", "a", "--since", "2200-01-01"],
        ["devices", "show"], ["devices", "lamp"], ["discover", "10.0.0.1"], ["discover", "--for", "soon"],
        ["discover", "--for", "0s"], ["put", "a", "1", "--dry-run", "--time", "5m"],
        ["stats", "a", "--csv", "--json"], ["history", "a", "--csv", "--json"], ["spans", "a", "--csv", "--json"],
        ["profile", "a", "--csv", "--json"], ["define", "a", "--type", "string", "--keep-for", "long"],
        ["runs", "--outcome", "fialed"], ["runs", "--limit", "0"], ["runs", "--since", "soon"], ["why"],
        ["why", "a.b", "--rule", "lamp"], ["why", "a.b", "--limit", "0"], ["emit"], ["emit", "a", "b", "c"],
        ["emit", "--cell", "counter"], ["run"], ["run", "lamp", "--set", "a"], ["run", "lamp", "--set", "=1"],
        ["enable"], ["acknowledge"], ["shell", "get"],
        ["top", "--by", "size"], ["top", "--for", "2m"], ["top", "--csv", "--json"], ["top", "--limit", "0"],
        ["replay", "r.yaml"], ["replay", "--since", "1d"],
        ["replay", "r.yaml", "--since", "2200-01-01"], ["notifications", "--limit", "0"],
    ])
    func mistakesAreUsageErrors(arguments: [String]) {
        let error = #expect(throws: (any Error).self) { try KomokuCommand.parseAsRoot(arguments) }
        #expect(error.map { KomokuCommand.exitCode(for: $0) } == .validationFailure)
    }

    @Test(
        arguments: [
            ("1h", 1_000_000_000 - 3600), ("0", 0), ("0s", 1_000_000_000), ("1700000000", 1_700_000_000),
            ("2026-01-31T08:30:00Z", 1_769_848_200), ("2026-01-31T08:30:00.5+01:00", 1_769_844_600.5),
            ("2026-01-31 08:30:00 +0100", 1_769_844_600),
        ] as [(String, Double)])
    func timesAreReadInManyForms(text: String, seconds: Double) throws {
        let now = Timestamp(microseconds: 1_000_000_000_000_000)
        #expect(try LocalTime.read(text, now: now) == Timestamp(seconds: seconds))
    }

    @Test func aDateWithoutAZoneIsLocal() throws {
        let time = try LocalTime.read("2026-01-31 08:30:12")
        #expect(LocalTime.text(time) == "2026-01-31 08:30:12")
        #expect(LocalTime.text(try LocalTime.read("2026-01-31")) == "2026-01-31 00:00:00")
    }

    @Test(arguments: ["", "soon", "2026-02-30", "2026-13-01", "2026-01-31 25:00", "2026-01-31x", "1e999", "nan"])
    func otherTextsAreNoTimes(text: String) {
        #expect(throws: ValidationError.self) { try LocalTime.read(text) }
    }

    @Test(arguments: [
        (5, "5s ago"), (119, "119s ago"), (600, "10m ago"), (7200, "2h ago"), (-90, "in 90s"), (259_200, "3d ago"),
    ])
    func agesAreShort(seconds: Int64, text: String) {
        let now = Timestamp(microseconds: 1_000_000_000_000_000)
        #expect(LocalTime.age(of: now - .seconds(seconds), now: now) == text)
    }

    @Test func timesAreISOWithTheirZone() {
        let time = Timestamp(microseconds: 1_769_844_600_250_000)
        #expect(Timestamp(dated: LocalTime.iso(time)) == time)
        #expect(!LocalTime.use(zone: "Nowhere/Town") && !LocalTime.use(zone: "../etc") && !LocalTime.use(zone: ""))
    }

    @Test func columnsAreAlignedAndControlCharactersHarmless() {
        #expect(Table.lines([["a", "1"], ["long", "2"], ["x"]]) == ["a     1", "long  2", "x"])
        #expect("a\u{1B}[31mb\n".printable == "a\u{FFFD}[31mb\u{FFFD}")
        #expect("żółć 21 °C".printable == "żółć 21 °C")
    }

    @Test func valuesCarryTheirUnit() {
        #expect(Shown.value(21.5, unit: "°C") == "21.5 °C")
        #expect(Shown.value(true, unit: "W") == "true")
        #expect(Shown.value(.null, unit: nil) == "unknown")
        #expect(Shown.json("a", nil).text == #"{"key":"a","value":null,"time":null,"type":null,"unit":null}"#)
    }
}
