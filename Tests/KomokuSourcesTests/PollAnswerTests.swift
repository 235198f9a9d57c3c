import Komoku
import KomokuHub
import KomokuMQTT
import KomokuRules
import KomokuStore
import KomokuTesting
import KomokuYAML
import Testing

@testable import KomokuSources

/// What the section says, and what answers mean by it.
@Suite struct PollAnswerTests {
    private static func read(_ text: String) -> (settings: PollSettings, problems: [String]) {
        let source = YAMLSource(environment: [:], files: DiskFiles())
        let document = source.parse(text, file: "k.yaml")
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        guard let root = document.root else { return (PollSettings(), document.diagnostics.all.map(\.description)) }
        let reader = SettingsReader(root, report: report)
        let settings = PollSettings.read(reader, hub: Hub.Configuration(reading: reader))
        reader.finish()
        return (settings, report.diagnostics.sorted.map(\.description))
    }

    private static func answer(_ json: String, _ fields: String) throws -> PollAnswer {
        let (settings, problems) = read(
            "hub: {timezone: Europe/Warsaw}\npoll: [{url: 'http://h/x', json: {\(fields)}}]")
        #expect(problems == [])
        return PollAnswer(json, to: try #require(settings.polls.first), zone: settings.zone)
    }

    private static func values(_ answer: PollAnswer) -> [String] {
        answer.observations.map { observation in
            switch observation.content {
            case .value(let value): "\(observation.feed.name)=\(value)"
            case .text(let text): "\(observation.feed.name)=\(text)"
            case .unknown: "\(observation.feed.name)?"
            }
        }
    }

    private static func points(_ answer: PollAnswer) -> [String] {
        answer.series.flatMap { series in series.points.map { "\(Int($0.time.seconds))=\($0.value)" } }
    }

    @Test func `fields of an answer become values, with the words of map`() throws {
        let answer = try Self.answer(
            #"{"current":{"temperature_2m":4.5,"is_day":1,"t.x":[7,8],"wind":"12"},"no":null}"#,
            """
            current.temperature_2m: {key: w.temperature, type: numeric, unit: °C}, current.is_day: {key: w.day,
            type: boolean}, current.t.x.2: w.second, current.wind: {key: w.wind, value: "value * 3.6"}
            """)
        #expect(answer.faults == [])
        #expect(Self.values(answer).sorted() == ["w.day=true", "w.second=8", "w.temperature=4.5", "w.wind=43.2"])
    }

    @Test func `a path that gives nothing is told with its place, and the others count`() throws {
        let answer = try Self.answer(#"{"a":1,"b":{"c":2}}"#, "a: k.a, b: k.b, x.y: k.x")
        #expect(Self.values(answer).count == 1 && answer.faults.count == 2)
        #expect(answer.faults.contains { $0.contains("nothing at 'x.y' (k.yaml:2:") }, "\(answer.faults)")
        #expect(answer.faults.contains { $0.contains("'b' is an object or a list") })
    }

    @Test(arguments: ["<!DOCTYPE html><html>", "", "{", "nul", "[1,", "{\"a\":1}x"])
    func `what is no JSON is told with how it begins`(text: String) throws {
        let answer = try Self.answer(text, "a: k.a")
        #expect(answer.isEmpty && answer.faults.first?.hasPrefix("the answer is no JSON: ") == true)
    }

    @Test func `two lists are a forecast, dated by the house's clocks where they do not say otherwise`() throws {
        let answer = try Self.answer(
            #"{"hourly":{"time":["2026-01-01T00:00","2026-01-01T01:00+00:00","2026-01-02"],"t":[1,"2",null]}}"#,
            "hourly: {times: hourly.time, values: hourly.t, key: w.forecast}")
        #expect(answer.faults == [])
        #expect(Self.points(answer) == ["1767222000=1", "1767229200=2"])
    }

    @Test func `an hour that clocks show twice comes twice`() throws {
        let times = ["2026-10-25T01:00", "2026-10-25T02:00", "2026-10-25T02:00", "2026-10-25T03:00"]
        let answer = try Self.answer(
            "{\"t\":[\(times.map { "\"\($0)\"" }.joined(separator: ","))],\"v\":[1,2,3,4]}",
            "f: {times: t, values: v, key: w.forecast}")
        let points = answer.series[0].points.map { Int($0.time.seconds) }
        #expect(zip(points, points.dropFirst()).map { $1 - $0 } == [3600, 3600, 3600])
    }

    @Test func `a list of objects is one as well, by seconds or milliseconds`() throws {
        let answer = try Self.answer(
            #"{"data":[{"start":1767225600000,"price":{"eur":0.3}},{"start":"1767229200","price":{"eur":-0.1}}]}"#,
            "prices: {list: data, time: start, value: price.eur, key: tariff.price, unit: EUR/kWh}")
        #expect(answer.faults == [])
        #expect(answer.series[0].points.map { Int($0.time.seconds) } == [1_767_225_600, 1_767_229_200])
        let bare = try Self.answer(#"[{"t":5,"v":6}]"#, "p: {list: ., time: t, value: v, key: a.b}")
        #expect(bare.series[0].points.count == 1 && bare.faults == [])
    }

    @Test(arguments: [
        (#"{"t":[1,2],"v":[1]}"#, "has 2 items"), (#"{"t":[1],"v":5}"#, "'v' is no list"),
        (#"{"t":["soon"],"v":[1]}"#, "no time that can be read"), (#"{"t":[1],"v":[[2]]}"#, "object or a list"),
        (#"{"t":[],"v":[]}"#, "the list is empty"), (#"{"t":[1e300],"v":[1]}"#, "no time that can be read"),
    ])
    func `a forecast that does not fit is told`(json: String, fault: String) throws {
        let answer = try Self.answer(json, "f: {times: t, values: v, key: a.b}")
        #expect(answer.faults.count == 1 && answer.faults[0].contains(fault), "\(answer.faults)")
        #expect(answer.isEmpty)
    }

    @Test(arguments: 0..<200)
    func `no bytes end it`(seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        var bytes = Array(#"{"a":{"b":[1,2,{"c":"x"}]},"t":["2026-01-01T00:00",5],"v":[1,2]}"#.utf8)
        for _ in 0..<Int.random(in: 1...5, using: &random) {
            let place = Int.random(in: bytes.indices, using: &random)
            bytes[place] = Array("{}[],:\"0a.-e\\".utf8).randomElement(using: &random) ?? 0
        }
        _ = try Self.answer(
            String(decoding: bytes, as: UTF8.self), "a.b.3.c: k.a, f: {times: t, values: v, key: k.f}")
    }

    // MARK: The section

    @Test func `keys have what the section says of them`() {
        let (settings, problems) = Self.read(
            """
            poll:
              - url: "https://user:secret@api.example.org/x?key=secret"
                json:
                  a: {key: w.a, type: numeric, unit: °C}
                  f: {times: t, values: v, key: w.f, unit: °C}
            """)
        #expect(problems == [])
        #expect(settings.polls.map(\.name) == ["api.example.org"] && settings.polls[0].every == .seconds(900))
        #expect(settings.keys.map(\.type) == [.numeric, .numeric])
        #expect(settings.keys.allSatisfy { $0.options.contains { $0.name == "unit" } })
    }

    @Test(arguments: [
        ("poll: {url: x}", "expects a list"), ("poll: [{json: {a: k}}]", "needs 'url'"),
        ("poll: [{url: 'ftp://h', json: {a: k}}]", "http:// or https://"),
        ("poll: [{url: 'http://h/a b', json: {a: k}}]", "%20"), ("poll: [{url: 'http://h'}]", "needs 'json'"),
        ("poll: [{url: 'http://h', json: {}}]", "names no field"),
        ("poll: [{url: 'http://h', every: 1s, json: {a: k}}]", "'every' expects"),
        ("poll: [{url: 'http://h', json: {a: k, b: k}}]", "is fed twice"),
        ("poll: [{url: 'http://h', json: {a: {type: numeric}}}]", "needs 'key'"),
        ("poll: [{url: 'http://h', json: {a: {key: k, times: t}}}]", "needs 'values'"),
        ("poll: [{url: 'http://h', json: {a: {key: k, list: l, time: t}}}]", "needs 'value'"),
        ("poll: [{url: 'http://h', json: {a: {key: k, value: 'value +'}}}]", "k.yaml:1:"),
        ("keys: {k: {type: string}}\npoll: [{url: 'http://h', json: {a: {key: k, type: numeric}}}]", "in 'keys'"),
        ("poll: [{url: 'http://h', headers_file: /nowhere/x, json: {a: k}}]", "'headers_file' cannot be used"),
    ])
    func `what is wrong is said`(text: String, problem: String) {
        let problems = Self.read(text).problems
        #expect(problems.contains { $0.contains(problem) }, "\(problems)")
    }

    @Test func `secret headers are read from a file, and a bad line is not shown`() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("# mine\nX-Key: abc:def\n\nAuthorization: Bearer t\n", to: "good")
        try folder.write("hunter2\n", to: "bad")
        func read(_ file: String) -> (settings: PollSettings, problems: [String]) {
            Self.read("poll: [{url: 'http://h', headers_file: \(folder.path(file)), json: {a: k}}]")
        }
        #expect(read("good").settings.polls.first?.headers.map(\.value) == ["abc:def", "Bearer t"])
        let problems = read("bad").problems
        #expect(problems.count == 1 && problems[0].contains("line 1 is no header") && !problems[0].contains("hunter2"))
    }

    // MARK: When it is asked

    @Test(arguments: 0..<50)
    func `failures are followed by longer and longer waits, and a success by the usual one`(seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        var schedule = PollSchedule(every: .seconds(900))
        #expect(schedule.first(using: &random) <= PollSchedule.spread)
        let waits = (0..<12).map { _ in schedule.next(after: false, using: &random).seconds }
        for (number, wait) in waits.enumerated() {
            let longest = min(30 * Double(1 << number), 3600)
            #expect(wait >= longest * 0.75 - 1 && wait <= longest)
        }
        #expect((880...920).contains(schedule.next(after: true, using: &random).seconds))
        #expect(schedule.next(after: false, using: &random).seconds <= 30)
    }
}
