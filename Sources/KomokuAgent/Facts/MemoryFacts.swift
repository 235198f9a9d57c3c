internal import Komoku

/// Memory, pressure, load and uptime.
enum MemoryFacts {
    static func memory(_ files: HostFiles) -> [HostReading]? {
        guard let lines = files.lines("proc/meminfo") else { return nil }
        var bytes: [Substring: Double] = [:]
        for line in lines {
            let words = line.words
            guard words.count > 1, let number = UInt64(words[1]) else { continue }
            bytes[words[0].dropLast()] = Double(number) * (words.count > 2 && words[2] == "kB" ? 1024 : 1)
        }
        guard let total = bytes["MemTotal"], let free = bytes["MemFree"] else { return nil }
        let cached = (bytes["Cached"] ?? 0) + (bytes["SReclaimable"] ?? 0)
        let buffers = bytes["Buffers"] ?? 0
        // Kernels before 3.14 do not say what is available.
        let available = min(total, bytes["MemAvailable"] ?? free + buffers + cached)
        var readings: [HostReading] = [
            .number("memory.total", total, "B"), .number("memory.available", available, "B"),
            .number("memory.used", total - available, "B"), .number("memory.free", free, "B"),
            .number("memory.buffers", buffers, "B"), .number("memory.cached", cached, "B"),
        ]
        if let total = bytes["SwapTotal"], let free = bytes["SwapFree"] {
            readings += [.number("swap.total", total, "B"), .number("swap.used", max(0, total - free), "B")]
        }
        return readings
    }

    /// How much of the time something waited (PSI): `pressure.memory.some`, in percent of the last ten seconds.
    ///
    /// - Returns: nil on kernels that do not count it.
    static func pressure(_ files: HostFiles) -> [HostReading]? {
        if files.names("proc/pressure").isEmpty { return nil }
        return ["cpu", "memory", "io"].flatMap { what in
            (files.lines("proc/pressure/\(what)") ?? []).compactMap { line -> HostReading? in
                let words = line.words
                guard let kind = words.first, kind == "some" || kind == "full",
                    let average = words.first(where: { $0.hasPrefix("avg10=") }),
                    let share = Double(average.dropFirst(6)), share.isFinite
                else { return nil }
                return .number("pressure.\(what).\(kind)", share, "%")
            }
        }
    }

    static func load(_ files: HostFiles) -> [HostReading]? {
        guard let words = files.lines("proc/loadavg")?.first?.words, words.count >= 3 else { return nil }
        return zip(["load.1m", "load.5m", "load.15m"], words).compactMap { name, word in
            Double(word).flatMap { $0.isFinite ? .number(name, $0) : nil }
        }
    }

    static func uptime(_ files: HostFiles) -> [HostReading]? {
        guard let word = files.lines("proc/uptime")?.first?.words.first, let seconds = Double(word), seconds.isFinite
        else {
            return nil
        }
        return [.number("uptime", seconds, "s")]
    }
}
