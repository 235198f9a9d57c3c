import Komoku
import KomokuExpression
import KomokuTesting
import Testing

/// `json` and the members of `payload`.
struct DocumentTests {
    static let document = #"""
        {"a": {"b": [{"c": 1.5}, {"c": "two"}], "on": true, "none": null, "x y": 3, "1": "one"}, "t": "21.5", "": 0}
        """#

    /// path | result; `?` is unknown.
    static let paths = #"""
        a.b[0].c     | 1.5
        a.b[1].c     | two
        a.b.1.c      | two
        a.b[-1].c    | two
        a.b[2].c     | ?
        a.b[-3].c    | ?
        a.on         | true
        a.none       | ?
        a.none.x     | ?
        a["x y"]     | 3
        ["a"].b[0]   | {"c":1.5}
        a.b[0]       | {"c":1.5}
        a.1          | one
        t            | 21.5
        t.x          | ?
        nothing      | ?
        a.b[99999]   | ?
        """#

    @Test(arguments: paths.split(separator: "\n"))
    func `a path leads to a part`(_ line: Substring) throws {
        let columns = line.split(separator: "|").map(ExpressionTests.trim)
        let lookup: (Reference) -> Value? = { $0 == .local("path") ? .string(columns[0]) : .string(Self.document) }
        let written = columns[0].contains("'") ? "path" : "'\(columns[0])'"
        let locals = ["path": TypeEnvironment.Declaration(.text, mayBeUnknown: false)]
        for path in [written, "path"] {
            let compiled = try House.compile("json(note, \(path))", locals: locals)
            #expect(compiled.evaluate(lookup)?.description ?? "?" == columns[1], "\(path)")
        }
    }

    static let faults: [(String, String)] = [
        ("json(note, 'a..b')", "14: a name is missing"),
        ("json(note, 'a.b[x]')", "16: a place in a list is a whole number: [0]"),
        ("json(note, 'a.b[0')", "15: this '[' is not closed"),
        ("json(note, 'a[\"b\"')", "13: this '[' is not closed"),
        ("json(note, '$.a')", "12: a path starts with the name of a member, without '$'"),
        ("json(note, 'a[0]b')", "16: write a dot or '[' here"),
        ("json(hall.lux, 'a')", "5: json takes text, hall.lux is a number; write text(hall.lux)"),
        ("json()", "0: json does not take 0 arguments; write json(text) or json(text, 'a.b[0]')"),
    ]

    @Test(arguments: faults)
    func `a path that leads nowhere is refused with its place`(_ text: String, _ words: String) {
        let faults = #expect(throws: Expression.Faults.self) { try House.compile(text) }
        #expect(faults?.description == words)
    }

    @Test(arguments: [
        ("", "not JSON: an unexpected end at byte 0", true), ("{", "", true),
        (String(repeating: "[", count: 100), "not JSON: nested deeper than 64 at byte 64", true),
        ("{\"b\": 1}", "there is no such part in the JSON", false), ("{\"a\": null}", "", false),
    ])
    func `what is no JSON is unknown, and says why`(_ text: String, _ reason: String, _ isFault: Bool) throws {
        let evaluation = try House.compile("json(note, 'a')").evaluation { _ in .value(.string(text)) }
        #expect(evaluation.value == nil && evaluation.isFault == isFault)
        if !reason.isEmpty { #expect(evaluation.reason == reason) }
    }

    static let members = #"""
        payload.temperature > 20        | {"temperature": 21} | true
        payload.temperature > 20        | {"temperature": 19} | false
        payload.temperature > 20        | {"temperature": "x"} | ?
        payload.temperature > 20        | {} | ?
        (payload.temperature ?? 0) > 20 | {} | false
        payload.device.id = 'a'         | {"device": {"id": "a"}} | true
        payload.list.1                  | {"list": [1, 2]} | 2
        payload.state in ['ON', 'OFF']  | {"state": "ON"} | true
        known(payload.state)            | off | false
        payload = 'off'                 | off | true
        number(payload.t)               | {"t": "7"} | 7
        """#

    @Test(arguments: members.split(separator: "\n"))
    func `a message's members stand behind its name`(_ line: Substring) throws {
        let columns = line.split(separator: "|").map(ExpressionTests.trim)
        var payload = TypeEnvironment.Declaration(.text, mayBeUnknown: false)
        payload.isDocument = true
        let compiled = try House.compile(columns[0], locals: ["payload": payload])
        #expect(compiled.keys.isEmpty)
        #expect(compiled.evaluate { _ in .string(columns[1]) }?.description ?? "?" == columns[2])
    }

    @Test func `whatever a document holds, nothing traps`() {
        Fuzz.run("documents", seeds: 2000) { source in
            var bytes = Array(Self.document.utf8)
            source.damage(&bytes)
            var path = Array(source.pick(["a.b[0].c", "a[\"x y\"]", "a.1", "[-1][0]"]).utf8)
            if source.chance(2) { source.damage(&path) }
            let locals = ["path": TypeEnvironment.Declaration(.text, mayBeUnknown: false)]
            guard let compiled = try? House.compile("json(note, path)", locals: locals) else { return }
            _ = compiled.outcome {
                .string(String(decoding: $0 == .local("path") ? path : bytes, as: UTF8.self))
            }
        }
    }
}
