import Komoku
import KomokuExpression
import KomokuTesting
import Testing

/// Whatever the text, reading, checking and evaluating end, with a result or with faults inside the text.
struct ExpressionFuzzTests {
    static let seeds: [String] = [
        "hall.lux < 40 and not house.asleep", "(value - 32) / 1.8", "min(1, max(2, `living-room.lux`)) ?? -3 % 2",
        "alarm != 'it''s' or any.thing = \"x\"", "round(küche.wärme * 1e3, 2) >= abs(-0.5)",
    ]
    static let scraps: [String] = [
        "(", ")", "'", "\"", "`", "-", "not ", " and ", "??", "=", "<", "1e", "1e308", ".", ",", "{", "}", "\0", "é",
        "e\u{301}", "👩‍👩‍👧", "hall.lux", "true", "min(", "\n", "%", "0",
    ]

    private func run(_ text: String) {
        do {
            let template = try Template.parse(text)
            _ = try template.check(in: House.environment()).filledIn { _ in nil }
        } catch {}
        do throws(Expression.Faults) {
            let expression = try Expression.parse(text)
            #expect(try Expression.parse(expression.description).root == expression.root, "\(text.debugDescription)")
            let compiled = try expression.check(in: House.environment())
            for value in [nil, Value.number(-1e308), .boolean(true), .string("")] {
                if case .number(let number) = compiled.evaluate({ _ in value }) { #expect(number.isFinite) }
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
        String(repeating: "abs(", count: 1000), String(repeating: "1??", count: 1300) + "1",
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
            return ["1", "0.25", "true", "'a''b'", "hall.lux", "`x-y`"].randomElement(using: &random) ?? "1"
        }
        func part() -> String { expression(depth: depth - Int.random(in: 1...2, using: &random), using: &random) }
        switch Int.random(in: 0...9, using: &random) {
        case 0: return "(-\(part()))"
        case 1: return "(not \(part()))"
        case 2: return "max(\(part()), \(part()))"
        default: return "(\(part()) \(Infix.allCases.randomElement(using: &random)?.rawValue ?? "+") \(part()))"
        }
    }
}
