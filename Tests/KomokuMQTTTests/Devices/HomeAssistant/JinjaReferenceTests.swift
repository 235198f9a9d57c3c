import Foundation
import Komoku
import Testing

@testable import KomokuMQTT

/// What Jinja2 itself made of templates, with Home Assistant's filters: `Fixtures/templates.py` computed it.
struct JinjaReferenceTests {
    private static func rows() throws -> [JSON] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: tests.appending(path: "Fixtures/templates.json"), encoding: .utf8)
        return try JSON(parsing: text).array ?? []
    }

    @Test func `templates yield what Jinja yields, row by row`() throws {
        let rows = try Self.rows()
        #expect(rows.count > 500)
        let warsaw = try Zone(name: "Europe/Warsaw", rule: "CET-1CEST,M3.5.0,M10.5.0/3")
        let time = try #require(Timestamp(dated: "2026-03-14T07:00:00Z"))
        for row in rows {
            let (text, payload) = (row["template"]?.string ?? "", row["payload"]?.string ?? "")
            do {
                let template = try JinjaTemplate.parse(text, zone: warsaw)
                let result = try? template.text(for: JinjaMessage(payload, time: time))
                #expect(result == row["expect"]?.string, "\(text)")
            } catch {
                #expect(row["expect"]?.string == nil, "\(text): \(error)")
            }
        }
    }
}
