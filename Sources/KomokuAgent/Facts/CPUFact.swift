internal import Komoku
internal import KomokuWire

/// What the processors did since the reading before, in percent: together, and each core.
struct CPUFact {
    /// The columns of /proc/stat (proc(5)) that are told; what guests took is in `user` and `nice` already.
    private static let names = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"]

    /// Ticks by the name of the line.
    private var before: [Substring: [UInt64]] = [:]

    mutating func readings(_ files: HostFiles, _ cores: AgentSettings.Cores) -> [HostReading]? {
        guard let lines = files.lines("proc/stat") else { return nil }
        var (now, readings): ([Substring: [UInt64]], [HostReading]) = ([:], [])
        for line in lines where line.hasPrefix("cpu") {
            let words = line.words
            guard words.count > 4, let name = Self.name(words[0]) else { continue }
            let ticks = words.dropFirst().prefix(Self.names.count).map { UInt64($0) ?? 0 }
            now[words[0]] = ticks
            guard let before = before[words[0]] else { continue }
            let isWhole = name == "cpu"
            if cores == .none, !isWhole { continue }
            readings += Self.shares(ticks, before, name, usageAlone: cores == .usage && !isWhole)
        }
        guard !now.isEmpty else { return nil }
        before = now
        return readings
    }

    /// `cpu` is all of them, `cpu3` the core `cpu.3`.
    private static func name(_ word: Substring) -> String? {
        let number = word.dropFirst(3)
        return number.isEmpty ? "cpu" : number.allSatisfy(\.isNumber) ? "cpu.\(number)" : nil
    }

    /// Counters of `iowait` and `steal` run backwards at times, and start anew where a core was away.
    private static func shares(_ ticks: [UInt64], _ before: [UInt64], _ name: String, usageAlone: Bool) -> [HostReading]
    {
        let spent = zip(ticks, before).map { now, then in now >= then ? now - then : 0 }
        let total = spent.reduce(0) { $0 &+ $1 }
        guard total > 0 else { return [] }
        let idle = Double(spent[3]) + Double(spent.count > 4 ? spent[4] : 0)
        let usage = ((1 - idle / Double(total)) * 10_000).rounded() / 100
        if usageAlone { return [.number("\(name).usage", usage, "%")] }
        let shares = spent.map { (Double($0) / Double(total) * 10_000).rounded() / 100 }
        var readings = zip(names, shares).map { HostReading.number("\(name).\($0)", $1, "%") }
        readings.append(.number("\(name).usage", usage, "%"))
        return readings
    }
}
