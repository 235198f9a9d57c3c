import ArgumentParser
import BenchFigures
import Glibc
import Komoku
import KomokuStore

struct Memory: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "memory", abstract: "Resident memory of a store: empty, with a full head, and while it seals.")

    @OptionGroup var place: DatabaseOptions
    @Option(help: "Keys.") var keys = 1380
    @Option(help: "Values appended.") var values = 500_000

    func run() throws {
        let place = try Workplace(place.database)
        defer { place.remove() }
        let begin = ProcessFigures.residentMiB
        let store = try Store.open(place.database)
        defer { store.close() }
        let kinds = HouseValue.mixture(keys)
        let start = Int64(time(nil)) * 1_000_000
        try store.define(
            kinds.enumerated().map { ("house.\($0.offset).\($0.element.name)", $0.element.type) },
            at: Timestamp(microseconds: start))
        let defined = ProcessFigures.residentMiB
        var largest = 0.0
        for begin in stride(from: 0, to: values, by: 1000) {
            var batch = Batch()
            for index in begin..<min(values, begin + 1000) {
                let time = Timestamp(microseconds: start + Int64(index) * 1000)
                batch.puts.append(
                    Put(
                        key: KeyID(rawValue: Int32(index % keys)), time: time, value: .number(Double(index % 977) / 10),
                        provenance: .live, pointTime: time, isNewest: true))
            }
            store.append(batch)
            if begin % 10_000 == 0 { try store.commitAndWait() }
            largest = max(largest, ProcessFigures.residentMiB)
        }
        try store.sealAndWait()
        _ = try store.compactAndWait()
        report(
            "memory",
            [
                "keys": Double(keys), "before_mib": begin, "defined_mib": defined, "largest_mib": largest,
                "compacted_mib": ProcessFigures.residentMiB,
            ])
    }
}
