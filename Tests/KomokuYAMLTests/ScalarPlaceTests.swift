import Komoku
import Testing

@testable import KomokuYAML

/// Where a word of a scalar stands in its file.
@Suite struct ScalarPlaceTests {
    /// A file with one word `hall.temp` that counts, and the line and column of it.
    private static let files: [(yaml: String, line: Int, column: Int)] = [
        ("a: hall.temp > 5", 1, 4), ("a: 5 < hall.temp", 1, 8), ("a: 'hall.temp > 5'", 1, 5),
        ("a: \"hall.temp > 5\"", 1, 5), ("a: 'it''s {hall.temp}'", 1, 12), ("a: \"it\\\"s {hall.temp}\"", 1, 12),
        ("a: \"x\\n\\t{hall.temp}\"", 1, 11), ("ä: \"grün {hall.temp}\"", 1, 11),
        ("a: |\n  x\n  hall.temp\n", 3, 3), ("a: >\n  x and\n\n  y or hall.temp\n  > 5\n", 4, 8),
        ("a: >-\n  hall.temp > 5", 2, 3), ("a: |2-  # why\n    hall.temp", 2, 5),
        ("a: \"x and\n    hall.temp\"", 2, 5), ("a: x and\n  hall.temp > 5\n", 2, 3),
        ("a: \"x and \\\n    hall.temp\"", 2, 5), ("a: &here hall.temp", 1, 10), ("a: !!str 'hall.temp'", 1, 11),
        ("{a: [1, {b: hall.temp}]}", 1, 13), ("\u{FEFF}a: hall.temp", 1, 4), ("b: 1\r\na: hall.temp\r\n", 2, 4),
    ]

    @Test(arguments: files)
    func `a word is found where it is written`(yaml: String, line: Int, column: Int) throws {
        let (node, range) = try Self.word("hall.temp", in: yaml)
        let place = ScalarPlace(file: Array(yaml.utf8)).place(of: range, in: node)
        #expect(place == ScalarPlace.Place(line: line, column: column), "\(yaml)")
    }

    @Test(arguments: [
        "a: \"hall\\x2Etemp\"", "a: \"hall.\\\n  temp\"", "a: \"x\\u0041 hall.temp\"", "a: ${HALL}", "a: 'x ${HALL}'",
    ])
    func `a word that is not written letter by letter is not found`(yaml: String) throws {
        let (node, range) = try Self.word("hall.temp", in: yaml)
        #expect(ScalarPlace(file: Array(yaml.utf8)).place(of: range, in: node) == nil)
    }

    @Test func `of another file than was read nothing is found`() throws {
        let (node, range) = try Self.word("hall.temp", in: "a: hall.temp > 5")
        for other in ["", "a: x", "a: hall.tamp > 5", "# a line\na: hall.temp > 5", "a: \"hall.temp > 5\""] {
            #expect(ScalarPlace(file: Array(other.utf8)).place(of: range, in: node) == nil, "\(other)")
        }
    }

    /// The scalar that holds the word, and where in its text.
    private static func word(_ word: String, in yaml: String) throws -> (YAMLNode, Range<Int>) {
        let source = YAMLSource(environment: ["HALL": word], files: DiskFiles())
        let root = try #require(source.parse(yaml, file: "f").root)
        let node = try #require(root.scalars.first { $0.text?.contains(word) ?? false })
        let (text, word) = (Array((node.text ?? "").utf8), Array(word.utf8))
        let start = try #require(text.indices.first { text[$0...].starts(with: word) })
        return (node, start..<start + word.count)
    }
}

extension YAMLNode {
    fileprivate var scalars: [YAMLNode] {
        switch content {
        case .scalar: [self]
        case .sequence(let items): items.flatMap(\.scalars)
        case .mapping(let entries): entries.flatMap { $0.key.scalars + $0.value.scalars }
        case .refused: []
        }
    }
}
