import Komoku
import KomokuExpression
import KomokuTesting
import Testing

/// Functions over the values of all keys that match patterns.
struct KeysTests {
    static let keys: [String: TypeEnvironment.Declaration] = [
        "hall.window": .init(.boolean), "kitchen.window": .init(.boolean), "attic.window": .init(.boolean),
        "hall.temperature": .init(.number, unit: "°C"), "kitchen.temperature": .init(.number, unit: "°C"),
        "hall.power": .init(.number, unit: "W"), "attic.power": .init(.number, unit: "kW"),
        "hall.door": .init(.text, values: ["open", "closed"]),
        "kitchen.door": .init(.text, values: ["open", "locked"]),
        "limit": .init(.number), "hall.button": event, "found.thing": .dynamic,
    ]

    private static var event: TypeEnvironment.Declaration {
        var declaration = TypeEnvironment.Declaration(.text)
        declaration.isEvent = true
        return declaration
    }

    static func environment(
        knowsAll: Bool = true, locals: [String: TypeEnvironment.Declaration] = [:], offers: Offers = .all
    ) -> TypeEnvironment {
        var environment = TypeEnvironment(
            locals: locals, key: { keys[$0.text] }, candidates: { keys.keys.sorted() }, offers: offers)
        environment.matching = { pattern in keys.keys.sorted().compactMap { KeyName($0) }.filter(pattern.matches) }
        environment.knowsAllKeys = knowsAll
        return environment
    }

    /// As an engine answers.
    private static func answer(_ call: KeysCall, _ values: [String: Value]) -> Value? {
        var tally = KeysCall.Tally(call.function)
        var counted: Set<String> = []
        for subject in call.subjects {
            for (name, value) in values.sorted(by: { $0.key < $1.key }) {
                guard let key = KeyName(name), subject.pattern.matches(key), counted.insert(name).inserted else {
                    continue
                }
                tally.add(value, subject.condition, key)
            }
        }
        return tally.answer
    }

    private static func evaluate(_ text: String, _ values: [String: Value]) throws -> String {
        let compiled = try Expression.parse(text).check(in: environment())
        let value = compiled.evaluate { reference in
            switch reference {
            case .keys(let call): answer(call, values)
            case .key(let name): values[name.text]
            default: nil
            }
        }
        return value?.description ?? "?"
    }

    /// expression | values | result; `?` is unknown.
    static let table = #"""
        any('*.window')                     | hall.window=false kitchen.window=true        | true
        any('*.window')                     | hall.window=false                            | false
        any('*.window')                     |                                              | false
        all('*.window')                     | hall.window=true kitchen.window=true         | true
        all('*.window')                     | hall.window=true kitchen.window=false        | false
        all('*.window')                     |                                              | ?
        all('*.window') ?? false            |                                              | false
        not any('*.window')                 |                                              | true
        names('*.window')                   | hall.window=true kitchen.window=true attic.window=false | hall.window, kitchen.window
        names('*.window', 'hall.*')         | hall.window=true                             | hall.window
        names('*.window') = ''              | hall.window=false                            | true
        names('*.battery' < 20)             | hall.battery=5 attic.battery=60              | hall.battery
        count_true('*.window')              | hall.window=true kitchen.window=true attic.window=false | 2
        count('*.window')                   | hall.window=true attic.window=false          | 2
        count_true('*.window') = count('*.window') | hall.window=true                      | true
        sum('*.temperature')                | hall.temperature=20 kitchen.temperature=22   | 42
        sum('*.temperature')                |                                              | 0
        avg('*.temperature')                | hall.temperature=20 kitchen.temperature=22   | 21
        avg('*.temperature')                |                                              | ?
        min('*.temperature')                | hall.temperature=20 kitchen.temperature=22   | 20
        max('*.temperature')                | hall.temperature=20 kitchen.temperature=22   | 22
        max('*.temperature') ?? 7           |                                              | 7
        any('*.temperature' > 21)           | hall.temperature=20 kitchen.temperature=22   | true
        all('*.temperature' > 21)           | hall.temperature=20 kitchen.temperature=22   | false
        count_true('*.temperature' > limit) | hall.temperature=20 limit=10                 | 1
        count_true('*.temperature' > limit) | hall.temperature=20                          | ?
        any('*.door' = 'open')              | hall.door='closed' kitchen.door='open'       | true
        any('*.door' != 'open')             | hall.door='open'                             | false
        any('*.window', '*.door' = 'open')  | hall.door='open'                             | true
        count_true('hall.*', '*.window')    | hall.window=true kitchen.window=true hall.power=3 | 2
        count('**')                         | hall.window=true limit=3 hall.door='open'    | 3
        sum('**')                           | hall.window=true limit=3 hall.power=4        | 7
        count('*.temperature' > 21)         | hall.temperature=20 kitchen.temperature=22   | 1
        """#

    @Test(arguments: table.split(separator: "\n"))
    func `counts the keys that have a value of the kind`(_ line: Substring) throws {
        let columns = line.split(separator: "|", omittingEmptySubsequences: false).map(ExpressionTests.trim)
        #expect(try Self.evaluate(columns[0], try House.bindings(columns[1])) == columns[2])
    }

    /// `?` before the message is a warning.
    static let findings: [(String, String)] = [
        (
            "any('*.temperature')",
            "4: no key that matches '*.temperature' is true or false: hall.temperature is a number; compare it: any('*.temperature' < 10)"
        ),
        ("sum('*.window')", "4: no key that matches '*.window' is a number: attic.window is true or false"),
        ("any('*.window' = 'on')", "4: no key that matches '*.window' is text: attic.window is true or false"),
        ("any('*.door' = 'opn')", "15: no key that matches '*.door' is ever 'opn'; did you mean 'open'?"),
        ("any('*.door' > 'a')", "15: '>' compares numbers, 'a' is text"),
        (
            "any('*window')",
            "4: '*window' is no pattern of keys: '*' and '**' stand for whole segments; write '*.window' or '**'"
        ),
        ("any(hall.window)", "4: hall.window is no pattern of keys; write any('*.window')"),
        (
            "avg('*.temperature', 10m)",
            "21: 10m is no pattern of keys; over several keys avg is of their present values"
        ),
        ("sum('*.temperature' > 3)", "4: sum is of numbers, a comparison is true or false"),
        ("any()", "0: any does not take 0 arguments; write any('*.window') or any('*.battery' < 20)"),
        ("any('*.windw')", "? 4: no known key matches '*.windw'"),
        ("sum('*.power') > 3", "? 4: the keys that match '*.power' are in W and kW"),
        ("max('*.temperature') > hall.power", "? 0: max('*.temperature') is in °C and hall.power is in W"),
        ("count_true('*.window') > 2", ""), ("any('**')", ""), ("any('hall.button' = 'x')", ""),
    ]

    @Test(arguments: findings)
    func `what cannot be counted is told`(_ text: String, _ words: String) throws {
        do throws(Expression.Faults) {
            let warnings = try Expression.parse(text).checkWithWarnings(in: Self.environment()).warnings
            #expect(warnings.map { "? \($0)" }.joined(separator: "\n") == words)
        } catch {
            #expect(error.description == words)
        }
    }

    @Test func `where more keys may come what is known by now is no fault`() throws {
        let environment = Self.environment(knowsAll: false)
        let found = try Expression.parse("any('*.temperature') or any('*.windw')").checkWithWarnings(in: environment)
        #expect(found.warnings.count == 1 && found.compiled.reads.patterns.map(\.text) == ["*.temperature", "*.windw"])
    }

    @Test func `the item that a rule is made for is filled in`() throws {
        let environment = Self.environment(locals: ["self": .init(constant: .string("hall"))])
        let compiled = try Expression.parse("any('{self}.window')").check(in: environment)
        #expect(compiled.reads.patterns.map(\.text) == ["hall.window"])
    }

    @Test func `keys are not read where they are not offered`() {
        let faults = #expect(throws: Expression.Faults.self) {
            try Expression.parse("any('*.window')").check(in: Self.environment(offers: []))
        }
        #expect(faults?.description == "0: 'any' looks at keys, which cannot be read here")
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `a tally is what a walk over all values gives`(_ seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        var values: [String: Value] = [:]
        for name in Self.keys.keys.sorted() where Bool.random(using: &random) {
            switch Self.keys[name]?.kind {
            case .number: values[name] = .number(Double(Int.random(in: -3...3, using: &random)))
            case .boolean: values[name] = .boolean(Bool.random(using: &random))
            default: values[name] = .string(["open", "closed"].randomElement(using: &random) ?? "")
            }
        }
        let windows = values.filter { $0.key.hasSuffix(".window") }.compactMap(\.value.boolean)
        let heats = values.filter { $0.key.hasSuffix(".temperature") }.compactMap(\.value.number)
        func expect(_ text: String, _ value: Value?) throws {
            #expect(try Self.evaluate(text, values) == value?.description ?? "?", "\(text) \(values)")
        }
        try expect("any('*.window')", .boolean(windows.contains(true)))
        try expect("all('*.window')", windows.isEmpty ? nil : .boolean(!windows.contains(false)))
        try expect("count_true('*.window')", .number(Double(windows.count { $0 })))
        try expect("sum('*.temperature')", .number(heats.reduce(0, +)))
        try expect("min('*.temperature')", heats.min().map { .number($0) })
        try expect("max('*.temperature')", heats.max().map { .number($0) })
        try expect("avg('*.temperature')", heats.isEmpty ? nil : .number(heats.reduce(0, +) / Double(heats.count)))
        try expect("any('*.temperature' >= 1)", .boolean(heats.contains { $0 >= 1 }))
        try expect("count('*.temperature', '*.window')", .number(Double(heats.count + windows.count)))
    }
}
