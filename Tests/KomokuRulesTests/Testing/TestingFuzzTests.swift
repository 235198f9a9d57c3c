import Glibc
import Komoku
import KomokuRules
import KomokuTesting
import Testing

@Suite("Damaged input")
struct TestingFuzzTests {
    private static let file = """
        rules: rules.yaml
        hub: {timezone: Europe/Berlin, location: {latitude: 52.5, longitude: 13}}
        start: "2026-03-27 05:00"
        tests:
          - name: it
            given: {hall.motion: false, hall.text: "a b"}
            steps:
              - put: {hall.motion: true}
              - mqtt: {topic: a/b, payload: {c: [1, null]}, retain: true}
              - advance: 5m
              - clock: -1h
              - restart: {kill: true, down: 2m}
              - kill_during: {emit: {name: x, payload: 3}}
              - answers: {http: {status: 500}, program: {never: true}}
              - expect: {keys: {a: null}, publishes: [{topic: a}, b], runs: []}
              - expect_nothing: true

        """

    /// Some bytes replaced, left out or said twice.
    private static func damaged(_ text: String, _ random: inout SplitMix) -> [UInt8] {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: index)
            default: bytes.insert(contentsOf: bytes[index...].prefix(9), at: index)
            }
        }
        return bytes
    }

    @Test("of a test file is a finding, and nothing worse")
    func testFile() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let path = folder.path("a.test.yaml")
        var random = SplitMix(seed: 5)
        var refused = 0
        for _ in 0..<300 {
            let bytes = Self.damaged(Self.file, &random)
            let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
            _ = write(file, bytes, bytes.count)
            close(file)
            let (test, findings) = RuleTestFile.load(path)
            #expect(test != nil || findings.contains { $0.severity == .error })
            if test == nil { refused += 1 }
        }
        #expect((1..<300).contains(refused))
    }

    @Test("of recorded history is a broken line, and nothing worse")
    func history() {
        var random = SplitMix(seed: 6)
        var history = ReplayHistory()
        var broken = 0
        for _ in 0..<20_000 {
            let line = Self.damaged(#"{"key":"hall.lux","time":1769844600.25,"value":12.5}"#, &random)
            do { try history.add(line: line) } catch { broken += 1 }
        }
        history.sort()
        #expect(broken + history.points.count <= 20_000)
        #expect(broken > 0 && !history.points.isEmpty)
    }
}
