import Glibc
import Komoku
import KomokuExpression
import KomokuTesting
import Testing

/// The documentation shows the functions as they are entered in `Function.all`.
struct FunctionTableTests {
    @Test(arguments: Function.groups.map(\.title))
    func `the tables of docs say of each function what its entry does`(_ title: String) throws {
        let document = try #require(Document.text)
        let group = try #require(Function.groups.first { $0.title == title })
        let section = Document.section(title, of: document)
        let expected = (["| function | gives | is |", "| --- | --- | --- |"] + group.functions.map(Document.row))
        let found = section.split(separator: "\n", omittingEmptySubsequences: false).drop { !$0.hasPrefix("|") }
            .prefix { $0.hasPrefix("|") }.map(String.init)
        #expect(found == expected, "docs/expressions.md should have for \(title)\n\(expected.joined(separator: "\n"))")
    }

    @Test func `no two functions have one name, and none is a word of the language`() {
        let names = Function.all.map(\.name)
        #expect(Set(names).count == names.count)
        for name in names {
            #expect(Function.named(name)?.name == name)
            #expect((try? Expression.parse("\(name) + 1")) != nil, "\(name)")
        }
    }

    enum Document {
        static let text = read("docs/expressions.md")

        private static func read(_ path: String, file: String = #filePath) -> String? {
            let root = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
            guard let file = fopen(root.joined(separator: "/") + "/" + path, "r") else { return nil }
            defer { fclose(file) }
            var bytes: [UInt8] = []
            while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
            return String(decoding: bytes, as: UTF8.self)
        }

        static func row(_ function: Function) -> String {
            let forms = function.forms.map { "`\($0)`" }.joined(separator: ", ")
            return "| \(forms) | \(function.gives) | \(function.about) |"
        }

        /// What stands under a heading of the third level.
        static func section(_ title: String, of text: String) -> String {
            let parts = text.split(separator: "\n", omittingEmptySubsequences: false)
            let rest = parts.drop { $0 != "### \(title)" }.dropFirst()
            return rest.prefix { !$0.hasPrefix("#") }.joined(separator: "\n")
        }
    }
}
