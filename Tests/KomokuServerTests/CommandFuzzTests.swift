import Komoku
import KomokuTesting
import KomokuWire
import Testing

@testable import KomokuServer

/// Commands of both protocols with parts of them changed.
struct CommandFuzzTests {
    private static let samples: [JSON] = [
        ["get": ["keys": ["a.b"]]], ["put": ["key": "a", "value": 1, "time": 1_700_000_000]],
        ["fetch": ["key": "a", "since": 0, "until": 1e9, "limit": 10, "step": "5M", "last": 3, "as": "timespans"]],
        ["define": ["a": ["type": "numeric", "precision": 2, "max_time": 90]]], ["increment": ["key": "a", "by": 1]],
        ["statistics": ["key": "a", "since": 0, "until": 1e9, "step": "1h", "percentiles": [50], "zone": "UTC"]],
        ["profile": ["key": "a", "by": "hour", "since": 0]], ["spans": ["key": "a", "value": true, "limit": 5]],
        ["energy": ["by": "day", "since": 0, "until": 1e9, "zone": "UTC"]],
        ["watch": ["keys": ["**"], "max": 4]], ["keys": ["pattern": "a.*", "limit": 4]],
        ["devices": ["limit": 5, "name": "x"]], ["import": ["key": "a", "points": [[0, 1], [1, .null]]]],
        ["export": ["keys": ["**"], "since": 0]], ["runs": ["limit": 5, "before": 1]],
        ["merge": ["from": "a", "to": "b"]],
        ["why": ["key": "a", "time": 5]], ["rename": ["from": "a", "to": "b"]], ["delete": ["key": "a"]],
    ]

    @Test func `no command makes the hub trap`() {
        Fuzz.run("commands", seeds: 20_000) { source in
            var json = source.mutant(of: source.pick(Self.samples), changing: source.pick([3, 8, 20]))
            if source.chance(8) { json = .array([json, json]) }
            var bytes = json.bytes
            if source.chance(4) { source.damage(&bytes) }
            for version in [ProtocolVersion.v1, .v2] { _ = Request(bytes, version: version) }
        }
    }
}
