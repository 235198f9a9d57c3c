import Komoku
import KomokuWire
import Testing

@testable import komoku_cli

/// The table of `komoku top`, without a hub.
struct TopTableTests {
    private func sizes() throws -> KeySizesList {
        try KeySizesList([
            "keys": [
                ["key": "hall.lux", "bytes": 3000, "points": 900], ["key": "den.power", "bytes": 1000, "points": 2000],
            ], "bytes": 4000,
        ])
    }

    private func keys(_ table: TopTable) -> [String] {
        table.lines(LiveScreen.Size(columns: 80, rows: 20), limit: nil).dropFirst(2)
            .compactMap { $0.split(separator: " ").first.map(String.init) }
    }

    @Test func itIsOrderedByWhatIsAskedFor() throws {
        var byRate = TopTable(try sizes(), order: .rate)
        byRate.set(["den.power": 30, "new.key": 60], over: 10)
        #expect(keys(byRate) == ["new.key", "den.power", "hall.lux"])
        let lines = byRate.lines(LiveScreen.Size(columns: 80, rows: 20), limit: nil)
        #expect(lines[0].hasPrefix("3 keys: 540 puts a minute"))
        #expect(lines[2].contains("360") && lines[3].contains("180") && lines[3].contains("25"))
        #expect(keys(TopTable(try sizes(), order: .bytes)) == ["hall.lux", "den.power"])
        #expect(keys(TopTable(try sizes(), order: .points)) == ["den.power", "hall.lux"])
        #expect(byRate.csv(limit: 1) == ["key,puts_per_minute,bytes,points", "new.key,360.0,0,0"])
        #expect(byRate.json(limit: 2)["keys"]?.array?.count == 2)
    }

    @Test func itFitsOnEveryScreenAndSaysWhereThereIsNothing() throws {
        var table = TopTable(try sizes(), order: .rate)
        table.set(Dictionary(uniqueKeysWithValues: (0..<50).map { ("k.\($0)", $0) }), over: 1)
        for (columns, rows) in [(80, 24), (20, 5), (1, 1), (200, 100)] {
            let lines = table.lines(LiveScreen.Size(columns: columns, rows: rows), limit: nil)
            #expect(lines.count <= rows && lines.allSatisfy { $0.columns <= columns })
        }
        let empty = TopTable(KeySizesList(), order: .bytes).lines(LiveScreen.Size(columns: 80, rows: 9), limit: nil)
        #expect(empty.count == 1 && empty[0].hasPrefix("no key"))
    }
}
