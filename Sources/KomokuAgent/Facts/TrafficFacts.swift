internal import Komoku

/// What went over networks and disks, as counters.
enum TrafficFacts {
    static func network(_ files: HostFiles, _ filter: NameFilter) -> [HostReading]? {
        guard let lines = files.lines("proc/net/dev") else { return nil }
        return lines.flatMap { line -> [HostReading] in
            // The name may stand at its first figure.
            guard let colon = line.lastIndex(of: ":") else { return [] }
            let name = String(line[..<colon].trimmed)
            let figures = line[line.index(after: colon)...].words.map { UInt64($0).map { Double($0) } }
            guard figures.count >= 12, filter.allows(name) else { return [] }
            let key = "network.\(HostReading.segment(name))"
            let told: [(String, Int, String?)] = [
                ("received", 0, "B"), ("received_packets", 1, nil), ("received_errors", 2, nil),
                ("received_drops", 3, nil), ("sent", 8, "B"), ("sent_packets", 9, nil), ("sent_errors", 10, nil),
                ("sent_drops", 11, nil),
            ]
            return told.compactMap { what, place, unit in
                figures[place].map { .counter("\(key).\(what)", $0, unit) }
            }
        }
    }

    /// Whole disks: what is on partitions is counted with them.
    static func disks(_ files: HostFiles, _ filter: NameFilter) -> [HostReading]? {
        guard let lines = files.lines("proc/diskstats") else { return nil }
        let whole = Set(files.names("sys/block"))
        return lines.flatMap { line -> [HostReading] in
            let words = line.words
            guard words.count >= 14 else { return [] }
            let name = String(words[2])
            // Folders of /sys have `!` where names have `/`.
            let isWhole = whole.isEmpty || whole.contains(name.map { $0 == "/" ? "!" : String($0) }.joined())
            guard isWhole, filter.allows(name) else { return [] }
            let figures = words.map { UInt64($0).map { Double($0) } }
            let key = "disk.\(HostReading.segment(name))"
            // Sectors of 512 bytes, whatever the disk has (Documentation/admin-guide/iostats).
            return [
                figures[3].map { .counter("\(key).reads", $0) },
                figures[5].map { .counter("\(key).read", $0 * 512, "B") },
                figures[7].map { .counter("\(key).writes", $0) },
                figures[9].map { .counter("\(key).written", $0 * 512, "B") },
                figures[6].map { .counter("\(key).read_time", $0 / 1000, "s") },
                figures[10].map { .counter("\(key).write_time", $0 / 1000, "s") },
                figures[12].map { .counter("\(key).busy", $0 / 1000, "s") },
            ].compactMap(\.self)
        }
    }
}
