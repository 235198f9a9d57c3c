import Komoku
import KomokuTesting
import Testing

@Suite struct KeyPatternTests {
    @Test(arguments: [
        ("kitchen.temperature", "kitchen.temperature", true), ("kitchen.temperature", "kitchen", false),
        ("kitchen", "kitchen.temperature", false), ("*", "kitchen", true), ("*", "kitchen.lamp", false),
        ("*.lamp", "kitchen.lamp", true), ("*.lamp", "a.b.lamp", false), ("kitchen.*", "kitchen.lamp", true),
        ("kitchen.*", "kitchen", false), ("kitchen.**", "kitchen", true), ("kitchen.**", "kitchen.a.b", true),
        ("kitchen.**", "kitchens", false), ("**", "a.b.c", true), ("**.power", "power", true),
        ("**.power", "a.b.power", true), ("**.power", "a.power.b", false), ("a.**.z", "a.z", true),
        ("a.**.z", "a.b.z.c.z", true), ("a.**.z", "a.b.c", false), ("**.a.**.b", "x.a.y.a.z.b", true),
        ("*.**.*", "a", false), ("*.**.*", "a.b", true), ("**.**", "a", true),
    ])
    func `a pattern matches by whole segments`(pattern: String, name: String, matches: Bool) throws {
        #expect(try KeyPattern(validating: pattern).matches(KeyName(validating: name)) == matches)
    }

    @Test(arguments: ["", "a..b", "a.", "temp*", "***", "a b", "a.*x"])
    func `other texts are no patterns`(text: String) {
        #expect(throws: KeyName.Invalid.self) { try KeyPattern(validating: text) }
    }

    @Test func `the more specific pattern is the greater one`() throws {
        let ordered = ["**", "*", "*.*", "**.lamp", "kitchen.**", "*.lamp", "kitchen.*.on", "kitchen", "kitchen.lamp"]
        let patterns = try ordered.map { try KeyPattern(validating: $0) }
        let (any, name) = (patterns[0], patterns[8])
        #expect(patterns.allSatisfy { $0 == any || any < $0 })
        #expect(patterns.allSatisfy { $0 == name || $0 < name })
        let exact = try KeyPattern(validating: "kitchen.*")
        #expect(try KeyPattern(validating: "kitchen.**") < exact)
    }

    @Test func `matching agrees with a slow matcher on random input`() throws {
        var random = SplitMix(seed: 7)
        for _ in 0..<2000 {
            let pattern = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                ["a", "b", "*", "**"].randomElement(using: &random) ?? "a"
            }
            let name = (0..<Int.random(in: 1...6, using: &random)).map { _ in
                ["a", "b"].randomElement(using: &random) ?? "a"
            }
            let compiled = try KeyPattern(validating: pattern.joined(separator: "."))
            let key = try KeyName(validating: name.joined(separator: "."))
            #expect(compiled.matches(key) == Self.slowMatch(pattern[...], name[...]), "\(pattern) \(name)")
        }
    }

    private static func slowMatch(_ pattern: ArraySlice<String>, _ name: ArraySlice<String>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        let rest = pattern.dropFirst()
        if first == "**" {
            return slowMatch(rest, name) || (!name.isEmpty && slowMatch(pattern, name.dropFirst()))
        }
        guard let segment = name.first, first == "*" || first == segment else { return false }
        return slowMatch(rest, name.dropFirst())
    }

    @Test(arguments: [
        ("**", "**", true), ("**", "a.b", true), ("**", "a.*.**", true), ("a.**", "a", true), ("a.**", "a.**", true),
        ("a.**", "a.b.*", true), ("a.**", "*.b", false), ("a.*", "a.b", true), ("a.*", "a.*", true),
        ("a.*", "a.**", false),
        ("*.*", "*", false), ("*", "**", false), ("a.*.c", "a.b.c", true), ("a.*.c", "a.b.*", false), ("a", "a", true),
        ("**.c", "a.b.c", true), ("**.c", "a.**.c", true), ("**.c", "a.**", false), ("a.**.z", "a.b.z.z", true),
    ])
    func aPatternCoversAnotherWhereItMatchesAllThatThatDoes(pattern: String, other: String, covers: Bool) throws {
        let (left, right) = (try KeyPattern(validating: pattern), try KeyPattern(validating: other))
        #expect(left.covers(right) == covers)
    }

    /// Against every name of up to four segments of three letters.
    @Test func whatIsCoveredIsMatched() throws {
        var random = SplitMix(seed: 5)
        let letters = ["a", "b", "*", "**"]
        func pattern() throws -> KeyPattern {
            let parts = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                letters.randomElement(using: &random) ?? "a"
            }
            return try KeyPattern(validating: parts.joined(separator: "."))
        }
        var names = ["a", "b", "c"]
        var all = names
        for _ in 0..<3 {
            names = names.flatMap { name in ["a", "b", "c"].map { "\(name).\($0)" } }
            all += names
        }
        let keys = all.compactMap { KeyName($0) }
        for _ in 0..<2000 {
            let (left, right) = (try pattern(), try pattern())
            guard left.covers(right) else { continue }
            let isWrong = keys.contains { right.matches($0) && !left.matches($0) }
            #expect(!isWrong, "\(left) \(right)")
        }
    }
}
