import FoundationEssentials
import NIOHTTP1
import Testing

@testable import KomokuServer

/// docs/http.md says what the table of routes says.
@Suite struct HTTPDocumentTests {
    private static var document: String {
        get throws {
            let path = #filePath.replacing("Tests/KomokuServerTests/HTTPDocumentTests.swift", with: "docs/http.md")
            return try String(contentsOfFile: path, encoding: .utf8)
        }
    }

    /// Prometheus's own paths have a page of their own.
    private static var routes: [Route] { Route.all.filter { $0.group != .prometheus } }

    @Test func theTableHasEveryRoute() throws {
        let lines = Set(try Self.document.split(separator: "\n").map(String.init))
        let missing = Self.routes.map(\.line).filter { !lines.contains($0) }
        #expect(missing.isEmpty, "\(missing.joined(separator: "\n"))")
        let known = Set(Self.routes.map(\.line))
        let stale = lines.filter { $0.hasPrefix("| `GET /") || $0.hasPrefix("| `P") || $0.hasPrefix("| `DELETE") }
            .filter { !known.contains($0) }
        #expect(stale.isEmpty, "\(stale)")
    }
}

extension Route {
    /// Of the table in the document.
    var line: String {
        let names = parameters.filter { $0.place != .path }
            .map { $0.isRequired ? "**`\($0.name)`**" : "`\($0.name)`" }
        let forms = types.count > 1 ? " As " + types.map { String($0.name) }.joined(separator: ", ") + "." : ""
        let takes = names.isEmpty ? "" : " \(names.joined(separator: ", "))."
        let tool = tool.map { " Tool `\($0)`." } ?? ""
        return "| `\(method.rawValue) \(path)` | \(title).\(takes)\(forms)\(tool) |"
    }
}
