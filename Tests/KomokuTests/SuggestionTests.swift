import Komoku
import KomokuTesting
import Testing

@testable import Komoku

struct SuggestionTests {
    /// By the book, whole.
    private static func distance(_ a: [UInt32], _ b: [UInt32]) -> Int {
        var table = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
        for i in 0...a.count {
            for j in 0...b.count {
                if i == 0 || j == 0 {
                    table[i][j] = max(i, j)
                    continue
                }
                let change = table[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, change)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
                }
            }
        }
        return table[a.count][b.count]
    }

    @Test func theBoundedDistanceIsThatOfTheBook() {
        var random = SplitMix(seed: 7)
        for _ in 0..<2000 {
            let a = (0..<Int.random(in: 0...9, using: &random)).map { _ in UInt32.random(in: 97...100, using: &random) }
            let b = (0..<Int.random(in: 0...9, using: &random)).map { _ in UInt32.random(in: 97...100, using: &random) }
            let whole = Self.distance(a, b)
            for limit in 0...4 {
                #expect(Suggestion.distance(a, b, upTo: limit) == (whole <= limit ? whole : nil), "\(a) \(b) \(limit)")
            }
        }
    }

    @Test func theNearestIsFoundAmongMany() {
        let names = (0..<5000).map { "room\($0).lamp\($0 * 7919 % 10_007).brightness" }
        let asked = (0..<10).map { "roon\($0 * 300).lamp\($0 * 300 * 7919 % 10_007).brightness" }
        // Of some only the first that is as near is told; each is one change away.
        for name in asked { #expect(Suggestion.closest(to: name, in: names) != nil) }
        #expect(Suggestion.closest(to: "Küche.licht", in: ["kueche.licht", "küche.licth"]) == "küche.licth")
        #expect(Suggestion.closest(to: String(repeating: "x", count: 100_000), in: names) == nil)
        #expect(Suggestion.closest(to: "", in: ["a", "bc"]) == "a")
        #expect(Suggestion.closest(to: "ab", in: ["ba", "ab"]) == "ab")
        #expect(Suggestion.closest(to: "abc", in: ["abd", "abe"]) == "abd")
    }
}
