import Glibc
import Komoku
import KomokuTesting
import Testing

/// History made through MQTT and by import, then asked for by the commands that people use.
@Suite struct StatisticsTests {
    private static let configuration = """
        hub: {timezone: Europe/Warsaw}
        map:
          - {topic: "sensors/{room}/{quantity}", key: "{room}.{quantity}", type: numeric, unit: "°C"}
        keys:
          "hall.*": {same_value_resolution: 0s}
          meter.energy: {type: counter, unit: kWh}
          router.alive: {type: uptime, max_time: 365d}
        """

    /// 2026-10-24 00:00 in Warsaw, the day before the one of 25 hours.
    private static let start = 1_792_792_800
    private static let hours = 73

    /// Four keys over three days of 73 hours: one point an hour of each but the text, which has one a day.
    private static var lines: [String] {
        var lines: [String] = []
        func add(_ key: String, _ time: Int, _ value: String) {
            lines.append(#"{"key":"\#(key)","time":\#(time),"value":\#(value)}"#)
        }
        for hour in 0..<hours {
            let time = start + hour * 3600
            add("attic.temperature", time, "\(hour % 10)")
            // It begins again in hour 40.
            add("meter.energy", time, "\(hour < 40 ? 100 + hour : hour - 40)")
            add("router.alive", time, hour % 4 == 3 ? "false" : "true")
            if hour % 24 == 0 { add("house.mode", time, hour == 24 ? #""away""# : #""home""#) }
        }
        return lines
    }

    private static var range: [String] { ["--since", "\(start)", "--until", "\(start + hours * 3600)"] }

    private func withHistory(_ body: (House) async throws -> Void) async throws {
        let house = try House(Self.configuration)
        defer { house.remove() }
        let hub = try await house.start()
        defer { hub.end() }
        try house.folder.write(Self.lines.joined(separator: "\n") + "\n", to: "history.jsonl")
        let (code, output) = try await house.komoku("import", house.folder.path("history.jsonl"))
        #expect(code == 0)
        #expect(output.last?.contains("\(Self.lines.count) points of 4 keys stored") == true)
        try await body(house)
    }

    private func json(_ house: House, _ arguments: [String]) async throws -> JSON {
        let (code, output) = try await house.komoku(arguments + ["--json"])
        #expect(code == 0, "\(arguments): \(output)")
        return try JSON(parsing: output.joined())
    }

    @Test func `figures of days are right where the clocks change`() async throws {
        try await withHistory { house in
            let days = try await json(house, ["stats", "attic.temperature", "--step", "day"] + Self.range)
            let windows = try #require(days["windows"]?.array)
            #expect(windows.map { $0["known_time"] } == [86_400, 90_000, 86_400])
            #expect(windows.map { $0["count"] } == [24, 25, 24])
            let expected = [0..<24, 24..<49, 49..<73].map { hours in
                JSON.number(Double(hours.map { $0 % 10 }.reduce(0, +)) / Double(hours.count))
            }
            #expect(windows.map { $0["time_mean"] } == expected)

            let energy = try await json(house, ["stats", "meter.energy", "--step", "day"] + Self.range)
            #expect(energy["windows"]?.array?.map { $0["increase"] } == [23, 24, 24])
            #expect(energy["windows"]?.array?.map { $0["resets"] } == [0, 1, 0])

            let text = try await house.komoku(["stats", "meter.energy", "--step", "day"] + Self.range).output
            #expect(text.count == 4)
            #expect(text.first?.split(separator: " ") == ["time", "(Europe/Warsaw)", "increase", "resets"])
            #expect(text.dropFirst().map { $0.prefix(14) } == ["2026-10-24 Sat", "2026-10-25 Sun", "2026-10-26 Mon"])
        }
    }

    @Test func `spans, outages and profiles are those of the points`() async throws {
        try await withHistory { house in
            let up = try await json(house, ["uptime", "router.alive"] + Self.range)
            #expect(up["known_time"] == .number(Double(Self.hours * 3600)))
            #expect(up["outages"]?.array?.count == 18)
            #expect(up["outage_time"] == .number(18 * 3600))
            let away = try await json(house, ["spans", "house.mode", "--value", "away"] + Self.range)
            let start = Double(Self.start + 24 * 3600)
            #expect(away["spans"] == [["start": .number(start), "end": .number(start + 86_400), "seconds": 86_400]])
            let unnamed = try await house.komoku(["spans", "house.mode"] + Self.range)
            #expect(unnamed.code == 1)

            let profile = try await json(house, ["profile", "attic.temperature", "--by", "hour"] + Self.range)
            let counts = profile["buckets"]?.array?.map { $0["count"] }
            // The hour from 2 to 3 came twice on the Sunday.
            #expect(counts == (0..<24).map { $0 == 2 ? 4 : 3 })
        }
    }

    @Test func `what came by MQTT is in statistics, history and export`() async throws {
        try await withHistory { house in
            let device = try await TestMQTTClient(port: house.broker.port)
            for value in ["20", "22", "21"] { try await device.publish("sensors/hall/temperature", value) }
            try await house.wait(for: "hall.temperature", 21)
            let answer = try await json(house, ["stats", "hall.temperature", "--since", "1h"])
            let window = try #require(answer["windows"]?.array?.first)
            #expect(answer["unit"] == "°C")
            #expect([window["count"], window["min"], window["max"], window["last"]] == [3, 20, 22, 21])
            #expect(try await house.history("hall.temperature").compactMap { $0.array?.last } == [20, 22, 21])
            let (code, lines) = try await house.komoku("export", "hall.temperature", "--format", "csv")
            #expect(code == 0)
            #expect(lines.first == "key,time,value")
            #expect(lines.dropFirst().map { $0.split(separator: ",").last } == ["20", "22", "21"])
        }
    }

    @Test func `an export and a backup are the same history in another hub`() async throws {
        try await withHistory { house in
            let (ruby, backup) = (house.folder.path("all.json"), house.folder.path("copy.db"))
            #expect(try await house.komoku("export", "-o", ruby, "--format", "ruby").code == 0)
            #expect(try await house.komoku("compact").code == 0)
            #expect(try await house.komoku("backup", backup).code == 0)
            #expect(try await house.komoku("backup", backup).code == 1)
            let exported = try await house.komoku("export").output
            #expect(exported.count == Self.lines.count)

            // Options that the configuration gives to keys are in no export.
            let other = try House(Self.configuration)
            defer { other.remove() }
            let hub = try await other.start()
            #expect(try await other.komoku("import", ruby).code == 0)
            // Twice is the same.
            #expect(try await other.komoku("import", ruby).code == 0)
            #expect(try await other.komoku("export").output == exported)
            #expect(try await json(other, ["get", "meter.energy"])["type"] == "counter")
            hub.end()

            #expect(rename(backup, other.folder.path("komoku.db")) == 0)
            for end in ["-wal", "-shm"] { unlink(other.folder.path("komoku.db") + end) }
            let restored = try await other.start()
            defer { restored.end() }
            #expect(try await other.komoku("export").output == exported)
        }
    }

    @Test func `renaming and merging keep every point`() async throws {
        try await withHistory { house in
            let before = try await house.komoku("export", "attic.temperature", "--format", "csv").output.count
            #expect(try await house.komoku("rename", "attic.temperature", "loft.temperature").code == 0)
            #expect(try await house.komoku("get", "attic.temperature").code == 1)
            #expect(try await house.komoku("put", "attic.temperature", "12").code == 0)
            #expect(try await house.komoku("rename", "loft.temperature", "attic.temperature").code == 1)
            #expect(try await house.komoku("merge", "loft.temperature", "attic.temperature", "--yes").code == 0)
            let after = try await house.komoku("export", "attic.temperature", "--format", "csv").output.count
            #expect(after == before + 1)
            #expect(try await house.get("attic.temperature") == 12)
            #expect(try await house.komoku("merge", "attic.temperature", "house.mode", "--yes").code == 1)
        }
    }

    @Test func `an import that the hub did not survive is run again`() async throws {
        let house = try House(Self.configuration)
        defer { house.remove() }
        let hub = try await house.start()
        let count = 60_000
        let lines = (0..<count).map { #"{"key":"a.b","time":\#(1_700_000_000 + $0 * 10),"value":\#($0 % 97)}"# }
        try house.folder.write(lines.joined(separator: "\n") + "\n", to: "many.jsonl")
        let tool = try RunningProcess(
            "komoku", ["import", house.folder.path("many.jsonl")],
            environment: ["KOMOKU_SERVER": "ws://127.0.0.1:\(house.ports.v2)"])
        // Killed as soon as something of it is there.
        for _ in 0..<1000 {
            if try await house.komoku("get", "a.b").code == 0 { break }
        }
        hub.end(9)
        #expect([0, 3].contains(try await tool.waitForEnd().code))
        let again = try await house.start()
        defer { again.end() }
        #expect(try await house.komoku("import", house.folder.path("many.jsonl")).code == 0)
        let answer = try await json(house, ["stats", "a.b", "--since", "1700000000", "--until", "1700600000"])
        #expect(answer["windows"]?.array?.first?["count"] == .number(Double(count)))
    }

    @Test(
        arguments: [
            (["stats", "attic.temprature"], 1, "did you mean 'attic.temperature'?"),
            (["stats", "attic.temperature", "--since", "10y", "--step", "1s"], 1, "10000"),
            (["stats", "attic.temperature", "--since", "2200-01-01"], 2, "in the future"),
            (["stats", "attic.temperature", "--step", "day", "--zone", "Europe/Nowhere"], 2, "Europe/Nowhere"),
            (["spans", "attic.temperature"], 1, "komoku stats attic.temperature"),
            (["spans", "house.mode"], 1, "--value 'home'"),
            (["export", "attic.temprature"], 1, "did you mean 'attic.temperature'?"),
            (["import", "/nowhere/file"], 2, "/nowhere/file"),
            (["backup", "/nowhere/file.db"], 1, "/nowhere/file.db"),
        ] as [([String], Int32, String)])
    func `a mistake is answered by a sentence that names it`(arguments: [String], code: Int32, part: String)
        async throws
    {
        try await withHistory { house in
            let (ended, output) = try await house.komoku(arguments)
            #expect(ended == code)
            #expect(output.joined(separator: "\n").contains(part), "\(output)")
        }
    }
}
