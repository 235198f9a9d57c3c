import Komoku
import KomokuYAML

/// Files that exist only in a table.
struct TableFiles: SettingsFiles {
    var texts: [String: String] = [:]

    func read(_ path: String, limit: Int) throws(FileFailure) -> [UInt8] {
        guard let text = texts[path.hasPrefix("./") ? String(path.dropFirst(2)) : path] else {
            throw FileFailure("No such file or directory")
        }
        guard text.utf8.count <= limit else { throw FileFailure("it has more than \(limit) bytes") }
        return Array(text.utf8)
    }

    func names(in directory: String) -> [String] {
        let prefix = directory == "." ? "" : directory == "/" ? "/" : directory + "/"
        let below = texts.keys.filter { $0.hasPrefix(prefix) }.map { $0.dropFirst(prefix.count) }
        return Array(Set(below.compactMap { $0.split(separator: "/").first.map(String.init) }))
    }
}

extension YAMLSource {
    /// Over a table of files.
    static func table(_ texts: [String: String] = [:], environment: [String: String] = [:]) -> YAMLSource {
        YAMLSource(environment: environment, files: TableFiles(texts: texts))
    }
}

extension Diagnostics {
    /// As they are printed, in the order of places.
    var lines: [String] { sorted.map(\.description) }
}

/// The root of a text that has no problem, as one line of JSON-like text; or its problems.
func outline(_ text: String, environment: [String: String] = [:]) -> String {
    let document = YAMLSource.table(environment: environment).parse(text, file: "a.yaml")
    if !document.diagnostics.all.isEmpty { return document.diagnostics.lines.joined(separator: "\n") }
    return document.root.map(outline) ?? "no root"
}

private func outline(_ node: YAMLNode) -> String {
    switch node.content {
    case .refused: return "refused"
    case .sequence(let items): return "[" + items.map(outline).joined(separator: ", ") + "]"
    case .mapping(let entries):
        return "{" + entries.map { "\($0.key.text ?? "?"): \(outline($0.value))" }.joined(separator: ", ") + "}"
    case .scalar(let scalar):
        switch scalar.value {
        case .null: return "null"
        case .bool(let bool): return "\(bool)"
        case .integer(let whole): return "\(whole)"
        case .float(let number): return "float \(number)"
        case .string(let text): return "'\(text)'"
        }
    }
}
