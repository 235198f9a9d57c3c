import KomokuTesting
import Testing

@testable import KomokuMQTT

@Suite struct DisjointFiltersTests {
    private func disjoint(_ texts: [String]) -> [String] {
        DisjointFilters(texts.compactMap { TopicFilter($0).map { (filter: $0, qos: 1) } }).entries.map(\.filter.text)
    }

    @Test(arguments: ["", "a/#/b", "a+", "a/b#", "a\u{0}b", String(repeating: "a/", count: 300)])
    func `what no broker takes is no filter`(text: String) {
        #expect(TopicFilter(text) == nil)
    }

    @Test func `a topic that a filter covers is left out, and widens nothing`() {
        #expect(disjoint(["a/b", "a/+", "a/c", "a/b/c", "a/b"]).sorted() == ["a/+", "a/b/c"])
        #expect(disjoint(["$SYS/x", "#"]).sorted() == ["#", "$SYS/x"])
    }

    @Test func `random filters never overlap afterwards, and cover all that was wanted`() {
        var generator = SplitMix(seed: 7)
        let words = ["a", "b", "+", "c"]
        for _ in 0..<500 {
            let texts = (0..<Int.random(in: 1...12, using: &generator)).map { _ in
                var levels = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                    words[Int.random(in: 0..<words.count, using: &generator)]
                }
                if Int.random(in: 0..<5, using: &generator) == 0 { levels.append("#") }
                return levels.joined(separator: "/")
            }
            let filters = DisjointFilters(texts.compactMap { TopicFilter($0).map { (filter: $0, qos: 1) } }).entries
            for (index, one) in filters.enumerated() {
                for other in filters.dropFirst(index + 1) {
                    #expect(!one.filter.overlaps(other.filter), "\(texts): \(one.filter) and \(other.filter)")
                }
            }
            for text in texts {
                guard let filter = TopicFilter(text) else { continue }
                #expect(filters.contains { $0.filter.overlaps(filter) && $0.filter.joined(with: filter) == $0.filter })
            }
        }
    }

    private func covering(_ texts: [String]) -> DisjointFilters {
        DisjointFilters(texts.compactMap { TopicFilter($0).map { (filter: $0, qos: 1) } }, joining: false)
    }

    @Test(arguments: [
        (["+/online", "homie/#"], ["+/online", "homie/#"], true), (["a/#", "a/+/b", "a/b"], ["a/#"], false),
        (["a/+", "+/b"], ["+/b", "a/+"], true), (["a/b/+", "a/+/+"], ["a/+/+"], false), (["a", "a/#"], ["a/#"], false),
        (["$SYS/#", "#"], ["#", "$SYS/#"], false), (["a/+", "b/+"], ["a/+", "b/+"], false),
    ])
    func `where copies are told apart, filters only lose what another one covers`(
        texts: [String], expected: [String], overlap: Bool
    ) {
        for texts in [texts, texts.reversed()] {
            let filters = covering(texts)
            #expect(filters.entries.map(\.filter.text).sorted() == expected)
            #expect(filters.overlap == overlap)
        }
    }

    @Test func `random filters cover all that was wanted and nothing more, and none covers another`() {
        var generator = SplitMix(seed: 8)
        let words = ["a", "b", "+"]
        for _ in 0..<500 {
            let texts = (0..<Int.random(in: 1...8, using: &generator)).map { _ in
                let levels = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                    words[Int.random(in: 0..<words.count, using: &generator)]
                }
                return (levels + (Int.random(in: 0..<4, using: &generator) == 0 ? ["#"] : [])).joined(separator: "/")
            }
            let wanted = texts.compactMap { TopicFilter($0) }
            let filters = covering(texts).entries.map(\.filter)
            #expect(Set(filters).isSubset(of: Set(wanted)))
            for filter in wanted { #expect(filters.contains { $0.joined(with: filter) == $0 }, "\(texts)") }
            for (index, one) in filters.enumerated() {
                for (other, two) in filters.enumerated() where other != index {
                    #expect(one.joined(with: two) != one, "\(texts): \(one) covers \(two)")
                }
            }
        }
    }

    @Test func `50,000 topics and some wildcards are quick`() {
        let topics = (0..<50_000).map { "devices/\($0)/state" } + ["other/+", "devices/+/online", "other/#"]
        let clock = ContinuousClock()
        var count = 0
        let time = clock.measure { count = disjoint(topics).count }
        #expect(count == 50_002)
        #expect(time < .seconds(10))
    }
}
