import Komoku
import KomokuYAML
import KomokuTesting
import Testing

@Suite struct YAMLFuzzTests {
    private static let valid = """
        hub: {name: home, location: {latitude: 52.23, longitude: 21.01}}
        mqtt: {url: "mqtt://127.0.0.1:1883", password: "${SECRET}", retries: 0x1F}
        anchors: &a [1, 2, {x: y}]
        copy: *a
        text: |
          one ${SECRET}
            two
        folded: >-
          three
          four
        map:
          - topic: "sensors/{room}/{quantity}"
            key: '{room}.{quantity}'
            max_time: 90s
          - {topic: "é/\\u00e9", size: 4GB}
        keys:
          "**": {same_value_resolution: 60s}
          ${SECRET}: !!str 5
        """

    /// Pieces that matter to the grammar.
    private static let pieces = [
        "[", "]", "{", "}", ": ", "- ", "? ", "&a ", "*a", "|", ">", "'", "\"", "\n", "\t", "  ", "#", "!!int ", "${",
        "}",
        "${SECRET}", "$${", "---\n", "...\n", "%TAG ! x\n", "<<: *a", "\r", "\u{85}", "\u{2028}", "\0", "\u{FEFF}",
        "\\u", "\\x", "*", "@",
    ]

    private func mutate(_ text: [UInt8], _ generator: inout SplitMix) -> [UInt8] {
        var text = text
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let index = Int.random(in: 0...text.count, using: &generator)
            let end = min(text.count, index + Int.random(in: 0...20, using: &generator))
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: text.removeSubrange(index..<end)
            case 1: text.insert(contentsOf: Self.pieces.randomElement(using: &generator)?.utf8 ?? "".utf8, at: index)
            case 2:
                text.insert(contentsOf: Array(text[index..<end]), at: Int.random(in: 0...text.count, using: &generator))
            default: if index < text.count { text[index] = UInt8.random(in: 0...255, using: &generator) }
            }
        }
        return text
    }

    /// Reads what is there with types that mostly do not fit.
    private func exercise(_ reader: SettingsReader) {
        for entry in reader.entries.prefix(20) {
            _ = entry.value.value(.integer)
            _ = entry.value.value(.duration)
            _ = entry.value.value(.list(of: .keyPattern))
            _ = entry.value.value(.entries(.keyName, .byteSize()))
            _ = entry.value.node.position(ofOffset: 3)
            if let section = entry.value.node.entries == nil ? nil : entry.value.reader() { section.finish() }
        }
        _ = reader.secret("mqtt")
    }

    @Test(arguments: 0..<8)
    func `a damaged file never traps and never shows a secret`(seed: Int) {
        var generator = SplitMix(seed: UInt64(seed))
        let clock = ContinuousClock()
        let end = clock.now + .milliseconds(150)
        var rounds = 0
        while clock.now < end || rounds < 10 {
            rounds += 1
            let text = mutate(Array(Self.valid.utf8), &generator)
            let source = YAMLSource.table(environment: ["SECRET": "hunter2 [{"])
            let document = source.parse(text, file: "k.yaml")
            let report = SettingsReport(source: source, diagnostics: document.diagnostics)
            if let root = document.root { exercise(SettingsReader(root, report: report)) }
            let leak = report.diagnostics.lines.first { $0.contains("hunter2") }
            #expect(leak == nil, "seed \(seed), round \(rounds)")
            #expect(document.root != nil || document.diagnostics.hasErrors, "seed \(seed), round \(rounds)")
        }
    }

    @Test(arguments: ["\"", "'", "|\n ", "&a ", "!a ", "a: ", "#", "\n", "? a\n", "- \n", "{}", "[],", "%", "é", "*a "])
    func `a megabyte of one piece is read in bounded time`(piece: String) {
        let text = String(repeating: piece, count: 1_000_000 / piece.utf8.count)
        let took = ContinuousClock().measure { _ = YAMLSource.table().parse(text, file: "k.yaml") }
        #expect(took < .seconds(20))
    }
}
