import Komoku
import KomokuTesting
import KomokuYAML
import Testing

/// Settings of every type with scalars at the edges.
struct SettingsFuzzTests {
    private struct NoFiles: SettingsFiles {
        func read(_ path: String, limit: Int) throws(FileFailure) -> [UInt8] { throw FileFailure("No such file") }
        func names(in directory: String) -> [String] { [] }
    }

    @Test func `no setting makes the hub trap`() {
        Fuzz.run("settings", seeds: 5000) { source in
            var text = ""
            for name in ["a", "b", "c", "d", "e"] {
                let number = source.number()
                let unit = source.pick(["", "s", "m", "h", "d", "y", "GB", "KiB", "TiB", " MB", "%", "_0"])
                let scalar = source.pick([
                    number + unit, "0x\(number)", "0o\(number)", "-\(number)", ".\(number)", "[\(number)]",
                    "\"\(number)\"",
                    "{x: \(number)}", "!!int \(number)", "!!float \"\(number)\"", "&a \(number)", "*a",
                    "|\n  \(number)",
                ])
                text += "\(name): \(scalar)\n"
            }
            var bytes = Array(text.utf8)
            if source.chance(3) { source.damage(&bytes) }
            let yaml = YAMLSource(environment: ["X": source.text()], files: NoFiles())
            let document = yaml.parse(String(decoding: bytes, as: UTF8.self), file: "a.yaml")
            guard let root = document.root else { return }
            let report = SettingsReport(source: yaml, diagnostics: document.diagnostics)
            let reader = SettingsReader(root, report: report)
            _ = reader.value("a", .duration(in: .zero...(.seconds(31_536_000))))
            _ = reader.value("b", .byteSize())
            _ = reader.value("c", .integer(in: -5...5))
            _ = reader.value("d", .string)
            _ = reader.value("e", .bool)
            reader.finish()
            _ = report.diagnostics.sorted.map(\.description)
        }
    }
}
