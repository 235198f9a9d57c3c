import Komoku
import KomokuTesting
import Testing

@testable import KomokuMQTT

@Suite struct TopicPatternTests {
    @Test(
        arguments: [
            ("a/b", "a/b", []), ("sensors/{room}/{quantity}", "sensors/hall/lux", ["hall", "lux"]),
            ("{path+}/SENSOR", "tele/a/b/SENSOR", ["tele/a/b"]), ("a/{rest+}", "a/b", ["b"]),
            ("door/+/alive", "door/front/alive", ["front"]), ("+/{b}/+", "1/2/3", ["1", "2", "3"]),
            ("a/#", "a", [""]), ("a/#", "a/b/c", ["b/c"]), ("#", "x/y", ["x/y"]), ("a/+/b", "a//b", [""]),
            ("a/{mid+}/{last}", "a/b/c/d", ["b/c", "d"]), ("$SYS/#", "$SYS/broker/uptime", ["broker/uptime"]),
            ("{größe}", "12", ["12"]),
        ] as [(String, String, [String])])
    func `a topic that matches gives what its levels hold`(pattern: String, topic: String, captured: [String]) throws {
        #expect(try TopicPattern(validating: pattern).match(topic) == captured)
    }

    @Test(arguments: [
        ("a/b", "a/b/c"), ("a/b", "a"), ("a/+", "a"), ("a/+", "a/b/c"), ("a/{n+}", "a"), ("#", "$SYS/uptime"),
        ("+/uptime", "$SYS/uptime"), ("{a}/uptime", "$SYS/uptime"), ("{a+}/b", "b"), ("A", "a"), ("a/", "a"),
        ("é", "e\u{301}"),
    ])
    func `a topic that does not match gives nothing`(pattern: String, topic: String) throws {
        #expect(try TopicPattern(validating: pattern).match(topic) == nil)
    }

    @Test(arguments: [
        ("", 0), ("a/#/b", 2), ("a+", 1), ("a/b#", 3), ("a/x{b}", 3), ("a/{b", 2), ("{}", 0), ("{a b}", 1), ("{1}", 1),
        ("{a}/{a}", 5), ("{a+}/{b+}", 6), ("{a+}/#", 5), ("a\0b", 1), ("{+}", 1),
    ])
    func `a fault has its place`(pattern: String, offset: Int) {
        #expect { try TopicPattern(validating: pattern) } throws: { ($0 as? TopicPattern.Invalid)?.offset == offset }
    }

    @Test(arguments: [
        ("a/{b}/c", "a/+/c"), ("{a+}/x", "+/#"), ("a/{b+}", "a/+/#"), ("a/#", "a/#"), ("+/+", "+/+"),
    ])
    func `the subscription covers the pattern`(pattern: String, filter: String) throws {
        #expect(try TopicPattern(validating: pattern).filter.text == filter)
    }

    @Test(arguments: [
        (["a/b", "c/d"], ["a/b", "c/d"]), (["a/b", "a/+"], ["a/+"]), (["a/+/c", "a/b/+"], ["a/+/+"]),
        (["a/#", "a"], ["a/#"]), (["+/SENSOR", "tele/+", "x/y/z"], ["+/+", "x/y/z"]),
        (["#", "$SYS/broker"], ["#", "$SYS/broker"]), (["a/b", "a/b"], ["a/b"]),
        (["a/+/+", "b/c", "+/c"], ["a/+/+", "+/c"]),
    ])
    func `subscriptions never overlap`(patterns: [String], filters: [String]) throws {
        let wanted = try patterns.map { (filter: try TopicPattern(validating: $0).filter, qos: Int32(1)) }
        let disjoint = DisjointFilters(wanted).entries.map(\.0)
        #expect(disjoint.map(\.text).sorted() == filters.sorted())
    }

    @Test func `mutated patterns never trap, and what is read matches its own filter`() throws {
        let seeds = ["sensors/{room}/{quantity}", "{path+}/SENSOR", "door/+/alive", "a/#", "$SYS/{x}"]
        var random = SplitMix(seed: 7)
        for _ in 0..<10_000 {
            var bytes = Array((seeds.randomElement(using: &random) ?? "").utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0...bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes.insert(Array("{}+#/ab\0\u{FF}".utf8).randomElement(using: &random) ?? 0, at: place)
                case 1 where place < bytes.count: bytes.remove(at: place)
                default: bytes.append(contentsOf: bytes.prefix(place))
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            guard let pattern = try? TopicPattern(validating: text) else { continue }
            #expect(pattern.match("a/b/c").map(\.count) ?? pattern.captures.count == pattern.captures.count, "\(text)")
            #expect(pattern.filter.overlaps(pattern.filter), "\(text)")
        }
    }
}

@Suite struct KeyTemplateTests {
    @Test(arguments: [
        ("{room}.{quantity}", ["hall", "lux"], "hall.lux"),
        ("door.{room}.alive", ["front door", "x"], "door.front_door.alive"),
        ("x.{room}", ["a/b", ""], "x.a.b"), ("{quantity}", ["", "0x00158d"], "0x00158d"),
    ])
    func `captured levels become segments`(template: String, captured: [String], key: String) throws {
        let template = try KeyTemplate(validating: template, captures: ["room", "quantity"])
        #expect(try template.name(for: captured).text == key)
    }

    @Test func `an unknown capture is named with the one that was meant`() {
        #expect { try KeyTemplate(validating: "{rom}.lux", captures: ["room"]) } throws: {
            ($0 as? KeyTemplate.Invalid)?.remedy == "did you mean 'room'?"
        }
    }

    @Test(arguments: ["a b", "{room", "a..{room}", "", ".{room}", "a}b"])
    func `what makes no key name is refused`(template: String) {
        #expect(throws: KeyTemplate.Invalid.self) { try KeyTemplate(validating: template, captures: ["room"]) }
    }

    @Test func `a level without anything usable makes no key`() throws {
        let template = try KeyTemplate(validating: "x.{1}", captures: ["1"])
        #expect((try? template.name(for: ["***"])) == nil)
        #expect((try? template.name(for: [""])) == nil)
        #expect((try? template.name(for: [String(repeating: "y", count: 300)])) == nil)
    }
}
