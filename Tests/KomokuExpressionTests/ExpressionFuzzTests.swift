import Komoku
import KomokuExpression
import KomokuTesting
import Testing

/// Whatever the text, reading, checking and evaluating end, with a result or with faults inside the text.
struct ExpressionFuzzTests {
    static let seeds: [String] = [
        "hall.lux < 40 and not house.asleep", "(value - 32) / 1.8", "min(1, max(2, `living-room.lux`)) ?? -3 % 2",
        "alarm != 'it''s' or any.thing = \"x\"",
        "if avg(hall.temperature, 1h30m) > 20.5 then 'warm' else lower(note)",
        "self.lux in [1, 2m, span] and `{room}.lux` > 3",
        "fraction(alarm = 'armed', 1d) + duration(hall.motion, 2h) ?? at(hall.lux, now - 1h)",
        "time_between('22:00', '06:00') or not stale(hall.lux) and online('x') and hour >= 3 and elevation < sunset",
        "matches(note, 'a*b?c') or contains(split_part(replace(note, 'a', 'bb'), ',', 2), format(hall.lux, 2))",
        "round(küche.wärme * 1e3, 2) >= abs(-0.5)",
    ]
    static let scraps: [String] = [
        "(", ")", "'", "\"", "`", "-", "not ", " and ", "??", "=", "<", "1e", "1e308", ".", ",", "{", "}", "\0", "é",
        "e\u{301}", "👩‍👩‍👧", "hall.lux", "true", "min(", "\n", "%", "0", "5m", "1d",
        " in [", "]", "if ", " then ", " else ", "known(", "age(", "matches(", "`{room}.x`", "self", "'*?*'", "now",
        "substring(",
        "text(", "-1e9", "split_part(",
    ]

    private func run(_ text: String) {
        do {
            let template = try Template.parse(text)
            _ = try template.check(in: House.rule()).filledIn { _ in nil }
        } catch {}
        do throws(Expression.Faults) {
            let expression = try Expression.parse(text)
            #expect(try Expression.parse(expression.description).root == expression.root, "\(text.debugDescription)")
            let compiled = try expression.check(
                in: text.utf8.count % 2 == 0 ? House.environment() : House.rule(warning: true))
            for value in [
                nil, Value.number(-1e308), .boolean(true), .string(""), .number(.nan), .number(.infinity),
                .string("hall"),
            ] {
                switch compiled.evaluate({ _ in value }) {
                case .number(let number): #expect(number.isFinite)
                case .string(let text): #expect(text.utf8.count <= Value.maximumStringLength)
                case .boolean, nil: break
                }
                _ = compiled.unmetClause { _ in value.map { .value($0) } ?? .fault("no disk") }
                _ = compiled.reads.nextChange(after: Timestamp(microseconds: 1_800_000_000_500_000), in: .utc)
            }
        } catch {
            #expect(!error.all.isEmpty)
            for fault in error.all {
                #expect(fault.offset >= 0 && fault.length >= 0 && fault.offset + fault.length <= text.utf8.count)
                _ = fault.excerpt(of: text)
            }
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func mutationsNeverTrap(seed: UInt64) {
        var random = SplitMix(seed: seed)
        for _ in 0..<400 {
            var text = Self.seeds.randomElement(using: &random) ?? ""
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                var bytes = Array(text.utf8)
                let index = Int.random(in: 0...bytes.count, using: &random)
                let end = min(bytes.count, index + Int.random(in: 0...3, using: &random))
                let scrap = Bool.random(using: &random) ? Self.scraps.randomElement(using: &random) ?? "" : ""
                bytes.replaceSubrange(index..<end, with: Array(scrap.utf8))
                text = String(decoding: bytes, as: UTF8.self)
            }
            run(text)
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func randomWordsNeverTrap(seed: UInt64) {
        var random = SplitMix(seed: seed)
        for _ in 0..<400 {
            let count = Int.random(in: 0...40, using: &random)
            run((0..<count).map { _ in Self.scraps.randomElement(using: &random) ?? "" }.joined())
        }
    }

    @Test(arguments: [
        String(repeating: "(", count: 4000), String(repeating: "-", count: 4000),
        String(repeating: "not ", count: 1000), String(repeating: "1+", count: 2000) + "1",
        String(repeating: "abs(", count: 1000), String(repeating: "if true then ", count: 300),
        String(repeating: "1 in [", count: 600), String(repeating: "known(", count: 600),
        String(repeating: "if 1 then 2 else ", count: 200) + "1", String(repeating: "1??", count: 1300) + "1",
        String(repeating: "(1 or true and 1 = 1 ?? 1 + 1 * -", count: 100), String(repeating: "'", count: 4095),
        String(repeating: "a.", count: 2000), String(repeating: "1", count: 4000), String(repeating: "x", count: 5000),
    ])
    func whatIsTooDeepOrTooLongIsRefused(_ text: String) {
        #expect(throws: Expression.Faults.self) { try House.compile(text) }
        run(text)
    }

    @Test func theDeepestThatIsTakenIsEvaluated() throws {
        let nested = String(repeating: "(", count: 64) + "1" + String(repeating: ")", count: 64)
        #expect(try House.compile(nested).evaluate { _ in nil } == .number(1))
        let chain = String(repeating: "1+", count: 255) + "1"
        #expect(try House.compile(chain).evaluate { _ in nil } == .number(256))
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func aPrintedTreeReadsBackAsItself(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        for _ in 0..<200 {
            let text = Self.expression(depth: 5, using: &random)
            let tree = try Expression.parse(text)
            #expect(try Expression.parse(tree.description).root == tree.root, "\(text)")
        }
    }

    /// A random expression with parentheses around every operation, so that its printed form has fewer.
    private static func expression(depth: Int, using random: inout SplitMix) -> String {
        guard depth > 0 else {
            return [
                "1", "0.25", "true", "'a''b'", "hall.lux", "`x-y`", "1h30m", "250ms", "0.0015s", "`{a}.b`", "self.x",
            ].randomElement(using: &random) ?? "1"
        }
        func part() -> String { expression(depth: depth - Int.random(in: 1...2, using: &random), using: &random) }
        switch Int.random(in: 0...12, using: &random) {
        case 0: return "(-\(part()))"
        case 1: return "(not \(part()))"
        case 2: return "max(\(part()), \(part()))"
        case 3: return "(if \(part()) then \(part()) else \(part()))"
        case 4: return "(\(part()) \(Bool.random(using: &random) ? "in" : "not in") [\(part()), \(part())])"
        case 5: return "known(\(part()))"
        default: return "(\(part()) \(Infix.allCases.randomElement(using: &random)?.rawValue ?? "+") \(part()))"
        }
    }
}
