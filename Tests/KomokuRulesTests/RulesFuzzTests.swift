import Komoku
import KomokuTesting
import Testing

@testable import KomokuRules

/// Whatever the text, reading rules and letting them see a change ends.
struct RulesFuzzTests {
    static let text = """
        rules:
          - name: hall-light
            when: [{change: hall.motion, to: true}, {becomes: "hall.lux < 10", retained: true}, {change: "*.temperature"}]
            if: hall.lux < 40 and not house.asleep
            then:
              - put: {hall.light: true, count: "count + 1", note: "it is {key}", found: {expr: "value"}}
              - publish: {topic: "a/{key}", payload: {state: "ON", list: [1, {expr: hall.lux}]}, qos: 1, retain: true}
              - log: "{key} {{is}} {value}"
        """

    static let scraps = [
        "{", "}", "[", "]", "'", "\"", ": ", ", ", "- ", "\n", "\n    ", "null", "~", "&a ", "*a", "!!int ", "expr",
        "put",
        "when", "1", "é", "\u{0}", "if: 1", "|\n", "{{", "}}", "**",
    ]

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func mutationsNeverTrap(seed: UInt64) {
        var random = SplitMix(seed: seed)
        for _ in 0..<100 {
            var bytes = Array(Self.text.utf8)
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let index = Int.random(in: 0...bytes.count, using: &random)
                let end = min(bytes.count, index + Int.random(in: 0...6, using: &random))
                let scrap = Bool.random(using: &random) ? Self.scraps.randomElement(using: &random) ?? "" : ""
                bytes.replaceSubrange(index..<end, with: Array(scrap.utf8))
            }
            let (rules, diagnostics) = House.read(String(decoding: bytes, as: UTF8.self))
            var house = House(rules, values: ["hall.lux": .number(1), "house.asleep": .boolean(false)])
            _ = house.put("hall.motion", .boolean(true))
            _ = house.put("hall.lux", .number(5))
            #expect(!rules.isEmpty || !diagnostics.isEmpty || !bytes.starts(with: "rules:\n  - name".utf8))
        }
    }

    @Test func theTextItselfIsFine() {
        let (rules, diagnostics) = House.read(Self.text)
        #expect(rules.count == 1 && diagnostics.isEmpty, "\(diagnostics)")
    }
}
