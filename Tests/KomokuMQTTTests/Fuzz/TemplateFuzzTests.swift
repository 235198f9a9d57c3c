import Komoku
import KomokuTesting
import Testing

@testable import KomokuMQTT

/// Templates of Home Assistant's kind, from their grammar, with every filter, function, method and test there is.
struct TemplateFuzzTests {
    private static let filters = JinjaFunction.filters.sorted { $0.key < $1.key }
    private static let functions = JinjaFunction.functions.sorted { $0.key < $1.key }
    private static let methods = JinjaFunction.methods.sorted { $0.key < $1.key }
    private static let tests = JinjaFunction.tests.keys.filter { $0.first?.isLetter ?? false }.sorted()

    @Test func `no template and no message makes the hub trap`() {
        Fuzz.run("templates", seeds: 6000) { source in
            var writing = TemplateWriting(source: source)
            let text = writing.template()
            source = writing.source
            guard let template = try? JinjaTemplate.parse(text) else { return }
            let payloads = [source.json().text, source.text(), String(repeating: source.text(), count: 100)]
            for payload in payloads {
                let message = JinjaMessage(payload)
                let result = try? template.text(for: message)
                #expect((result?.utf8.count ?? 0) <= Value.maximumStringLength, "\(text)")
            }
        }
    }

    @Test func `damaged templates are read or refused`() {
        Fuzz.run("damaged templates", seeds: 4000) { source in
            var writing = TemplateWriting(source: source)
            var bytes = Array(writing.template().utf8)
            source = writing.source
            for _ in 0...source.below(3) { source.damage(&bytes) }
            let template = try? JinjaTemplate.parse(String(decoding: bytes, as: UTF8.self))
            _ = try? template?.text(for: JinjaMessage(source.json().text))
        }
    }

    /// Writes templates that are right as a rule.
    private struct TemplateWriting {
        var source: FuzzSource
        private var variables = ["value", "value_json"]

        init(source: FuzzSource) {
            self.source = source
        }

        private static let signs = [
            "+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or",
        ]
        private static let texts = [
            "", "a", " ", "-", "+5", "%5d", "%-255s", "%.99f", "%+d", "%%", "ab", "0x1F", "1e400", "%9999999999d", "{}",
            "{:>9}", "{0[a]:{1}}", "%(a)s%*d", "(a+)+b", "(?<=a)|[^b]*?", "%Y-%m-%dT%H:%M", "map", "round",
        ]

        mutating func template() -> String {
            var text = ""
            for _ in 0...source.below(4) {
                switch source.below(8) {
                case 6:
                    text +=
                        "{% for x, y in \(expression(2)) %}{{ x }}{% set b = \(expression(2)) %}{{ loop.index }}{% endfor %}"
                case 7: text += "{% for x in \(expression(3)) if x %}{{ \(expression(2)) }}{% else %}z{% endfor %}"
                case 0: text += source.pick(["x", " ", "12", "{", "}"])
                case 1:
                    let name = source.pick(["a", "b", "c"])
                    text += "{% set \(name) = \(expression(3)) %}"
                    variables.append(name)
                case 2: text += "{% if \(expression(2)) %}\(source.below(9)){% else %}{{ \(expression(2)) }}{% endif %}"
                default: text += "{{ \(expression(3)) }}"
                }
            }
            return text
        }

        private mutating func expression(_ depth: Int) -> String {
            guard depth > 0 else { return leaf() }
            switch source.below(14) {
            case 0, 1: return leaf()
            case 2, 3: return "(\(expression(depth - 1)) \(source.pick(Self.signs)) \(expression(depth - 1)))"
            case 4: return "(-\(expression(depth - 1)))"
            case 5: return "(\(expression(depth - 1)) if \(expression(depth - 1)) else \(expression(depth - 1)))"
            case 6: return "(\(expression(depth - 1)))[\(expression(depth - 1))]"
            case 7: return "(\(expression(depth - 1)))[\(expression(depth - 1)):\(expression(depth - 1))]"
            case 8:
                let items = "\(expression(depth - 1)), \(expression(depth - 1))"
                return source.chance(2) ? "[\(items)]" : "(\(items))"
            case 9: return "{'a': \(expression(depth - 1)), \(leaf()): 1}"
            case 10:
                let (name, function) = source.pick(TemplateFuzzTests.functions)
                return "\(name)(\(arguments(of: function, from: 0, depth)))"
            case 11:
                let (name, function) = source.pick(TemplateFuzzTests.methods)
                return "(\(expression(depth - 1))).\(name)(\(arguments(of: function, from: 1, depth)))"
            case 12: return "(\(expression(depth - 1)) is \(source.pick(TemplateFuzzTests.tests)) \(leaf()))"
            default:
                let (name, function) = source.pick(TemplateFuzzTests.filters)
                return "(\(expression(depth - 1)) | \(name)(\(arguments(of: function, from: 1, depth))))"
            }
        }

        private mutating func arguments(of function: JinjaFunction, from first: Int, _ depth: Int) -> String {
            let least = max(function.required - first, 0)
            let most = max(function.parameters.count - first, 0)
            let count = least + (most > least ? source.below(most - least + 1) : 0)
            return (0..<count).map { _ in source.chance(3) ? expression(depth - 1) : leaf() }.joined(separator: ", ")
        }

        private mutating func leaf() -> String {
            switch source.below(8) {
            case 0: return source.pick(variables)
            case 1: return "'\(source.pick(Self.texts))'"
            case 2: return "value_json\(source.pick([".a", "['b']", "[0]", ".get('c')", "[-1]"]))"
            case 3: return source.pick(["true", "false", "none", "[]", "{}", "'ß' * 4096", "value * 4096"])
            // The one that no literal is.
            case 4: return "(-9223372036854775807 - 1)"
            default:
                let number = source.number()
                return number.hasPrefix("-") ? "(\(number))" : number
            }
        }
    }
}
